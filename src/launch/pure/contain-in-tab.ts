import { limitNames } from '../../domain/limits.ts';
import { knownTerminals } from './resolve-app.ts';

/**
 * The argument lists of an app that runs in a terminal, for terminals whose windows belong to a server outside: there the
 * command would not be in the fence that its client was started in. So the command contains itself inside its tab, by way of
 * `shell` (the absolute path of ringfence-shell), as the app `app` and with the profile and limits of the request; a strict
 * one makes its sandbox there, and the client, which has to reach its server, is started without one. Undefined when an
 * argument list begins with another terminal, or with none.
 */
export function containInTab(
  argvs: readonly (readonly string[])[],
  app: string,
  request: ReadonlyMap<string, string>,
  shell: string,
): (readonly string[])[] | undefined {
  const asked = ['profile', ...limitNames].flatMap((name) => {
    const text = request.get(name);
    return text === undefined ? [] : [`--${name}=${text}`];
  });
  const contained = argvs.flatMap((argv) => {
    const terminal = servers.find((words) => words.every((word, index) => argv[index] === word));
    if (terminal === undefined) return [];
    const command = argv.slice(terminal.length);
    return [[...terminal, shell, `--app=${app}`, ...asked, '--', ...command]];
  });
  return contained.length === argvs.length ? contained : undefined;
}

// xdg-terminal-exec may start any of them.
const serverNames = ['xdg-terminal-exec', 'kgx', 'gnome-terminal', 'mate-terminal', 'xfce4-terminal', 'tilix'];
const servers = knownTerminals.filter(([program]) => serverNames.includes(program));
