import { quoteExec } from '../../domain/desktop-entry/exec-line.ts';
import { escapeValue } from '../../domain/desktop-entry/value.ts';
import { windowId } from '../../domain/window-id.ts';

/** The id of the action that shadows have on top where the window is installed. */
export const windowActionId = 'ringfence-window';

/**
 * The group of the action that opens an app's page in the window. It goes by the program's name, which is the same in every language.
 * @param id of the app, with ".desktop"
 */
export function windowActionGroup(id: string): string {
  // gapplication(1) takes the parameter in GVariant's text format.
  const parameter = `'${id.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const exec = quoteExec(['gapplication', 'action', windowId, 'show-app', parameter]);
  return `[Desktop Action ${windowActionId}]\nName=Ringfence…\nIcon=${windowId}\nExec=${escapeValue(exec)}\n`;
}
