import { RingfenceError } from '../../../domain/errors.ts';
import type { Command } from '../command.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { manualPage } from '../manual-page.ts';

/** `ringfence completion SHELL` */
export function completionCommand(commands: () => readonly Command[]): Command {
  const scripts: Readonly<Record<string, (commands: readonly Command[]) => string>> = {
    bash: bashCompletion,
    zsh: zshCompletion,
    fish: fishCompletion,
    markdown: manualPage,
  };
  return {
    name: 'completion',
    operands: 'SHELL',
    summary: 'print the completion script for bash, zsh or fish',
    details:
      '"ringfence install" puts them where bash-completion and fish find them. For zsh, add\n' +
      'fpath=(~/.local/share/zsh/site-functions $fpath) to ~/.zshrc, above compinit. "markdown" prints the manual page.',
    options: {},
    examples: ['ringfence completion zsh > ~/.zfunc/_ringfence'],
    async run(words, { terminal }) {
      const [shell = ''] = words.positionals;
      const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
      if (script === undefined || words.positionals.length > 1) {
        throw new RingfenceError(
          'InvalidArgument',
          `cannot print a completion script: expected bash, zsh or fish${shell === '' ? '' : `, not "${shell}"`}`,
        );
      }
      const text = script(commands());
      if (words.flag('json')) terminal.printJson({ shell, script: text });
      else terminal.print(text.trimEnd());
      return 0;
    },
  };
}
