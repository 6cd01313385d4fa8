import { translate as _ } from './words.ts';

const titles = () => ({
  profile: _('Profile'),
  'memory-max': _('Memory'),
  'cpu-quota': _('Processor'),
  'tasks-max': _('Processes and threads'),
  network: _('Network'),
  x11: _('X11 Display'),
  sound: _('Sound'),
  gpu: _('Graphics Card'),
  printing: _('Printing'),
  'shared-folders': _('Shared Folders'),
});

/** A key of the configuration (ringfence.toml(5)) that an app's page has. */
export type SettingKey = keyof ReturnType<typeof titles>;

/** What a setting is called, in its row and wherever else it is told of. */
export function settingTitle(key: SettingKey): string {
  return titles()[key];
}
