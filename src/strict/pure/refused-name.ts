import { isBusName } from '../../domain/bus-names.ts';

/**
 * The bus name that an app asked for and was refused, where that was the last thing of note that it did on the bus: programs that are to run
 * once end then, without a word. `said`: what xdg-dbus-proxy (0.1.0 to 0.1.6) writes with `--log`; the policy of a name that is to be owned is 3.
 */
export function refusedName(said: string): string | undefined {
  let refused: string | undefined;
  let isAsked = false;
  for (const line of said.split('\n')) {
    const [, destination = '', call = ''] = /^C\d+: -> (\S+) call (\S+) at /.exec(line) ?? [];
    const [, name = ''] = /^Filtering message due to arg0 (\S+), policy: \d+ \(required 3\)$/.exec(line) ?? [];
    if (destination !== '') {
      isAsked = call === 'org.freedesktop.DBus.RequestName';
      // It may look who has the name, and call that.
      if (destination !== 'org.freedesktop.DBus' && destination !== refused) refused = undefined;
    } else if (isAsked && isBusName(name)) {
      refused = name;
    }
  }
  return refused;
}
