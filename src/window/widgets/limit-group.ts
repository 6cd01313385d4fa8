import GLib from 'gi://GLib?version=2.0';
import { limitText } from '../pure/amounts.ts';
import { cpuScale, memoryScale, tasksScale } from '../pure/limit-scale.ts';
import { settingTitle } from '../setting-title.ts';
import { translate as _ } from '../words.ts';
import { LimitRow } from './limit-row.ts';

export type SliderName = 'memory-max' | 'cpu-quota' | 'tasks-max';

/** Memory, processor and tasks as sliders. `onChange` gets a limit's name and its value as the configuration takes it. */
export function limitRows(onChange: (name: SliderName, value: string) => void): Record<SliderName, LimitRow> {
  const row = (scale: ReturnType<typeof memoryScale>) =>
    new LimitRow(settingTitle(scale.name), scale, (amount) => onChange(scale.name, limitText(scale.name, amount)));
  return {
    'memory-max': row(memoryScale(ramBytes())),
    'cpu-quota': row(cpuScale(GLib.get_num_processors())),
    'tasks-max': row(tasksScale()),
  };
}

/** Where an app's use has its peak (bytes; undefined where it is not known) and where the machine's memory ends. */
export function markMemory(row: LimitRow, peak: number | undefined): void {
  const ram = { label: _('RAM'), amount: ramBytes() };
  row.marks = peak === undefined || peak === 0 ? [ram] : [{ label: _('Peak'), amount: peak }, ram];
}

/** All the memory of this machine (proc(5), /proc/meminfo). */
export function ramBytes(): number {
  try {
    const [, text] = GLib.file_get_contents('/proc/meminfo');
    const [, kilobytes] = /^MemTotal:\s+(\d+) kB$/m.exec(new TextDecoder().decode(text)) ?? [];
    return Number(kilobytes ?? 0) * 1024 || 8 * 1024 ** 3;
  } catch {
    return 8 * 1024 ** 3;
  }
}
