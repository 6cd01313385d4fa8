import { nodePath, readPackage } from '../../install/io/package-files.ts';
import { type DesiredPlace, desiredInstall } from '../../install/pure/desired.ts';
import type { InstallPlaces } from '../../install/pure/places.ts';
import type { Command } from './command.ts';
import { bashCompletion } from './completion/bash.ts';
import { fishCompletion } from './completion/fish.ts';
import { zshCompletion } from './completion/zsh.ts';

/** All that this very package would install, `program` being one of its programs. @throws as desiredInstall and node */
export function desiredPlaces(
  places: InstallPlaces,
  program: string | undefined,
  commands: readonly Command[],
  window: boolean,
): DesiredPlace[] {
  return desiredInstall({
    places,
    files: readPackage(program ?? ''),
    node: nodePath(),
    window,
    completions: {
      bash: bashCompletion(commands),
      zsh: zshCompletion(commands),
      fish: fishCompletion(commands),
    },
  });
}
