import type { FindingState } from '../../../install/pure/judge-host.ts';
import { examineHost } from '../../../install/wire-doctor.ts';
import type { Command } from '../command.ts';
import { columns } from '../terminal.ts';

const words: Readonly<Record<FindingState, string>> = { works: 'works', limited: 'limited', missing: 'MISSING' };
const colours = { works: 'green', limited: 'yellow', missing: 'red' } as const;

/** `ringfence doctor` */
export const doctorCommand: Command = {
  name: 'doctor',
  operands: '',
  summary: 'check this system and suggest how to fix it',
  details:
    '"limited": Ringfence works, but not all of it. "MISSING": it does not work until you fix this.\n' +
    'Nothing is changed; the daemon is started if it is not running.',
  statusOne: 'something that Ringfence needs is missing',
  options: {},
  async run(line, { environment, terminal, version }) {
    const findings = await examineHost(environment, version);
    const lacking = findings.filter(({ state }) => state === 'missing').length;
    if (line.flag('json')) terminal.printJson({ version, findings });
    else {
      terminal.print(
        columns(
          findings.flatMap(({ name, state, says, fix }, index) => [
            [name, terminal.paint(colours[state], words[state]), says],
            // One fix often helps several things.
            ...(fix === undefined || findings[index + 1]?.fix === fix
              ? []
              : [['', '', terminal.paint('bold', `-> ${fix}`)]]),
          ]),
        ),
      );
      const partly = findings.filter(({ state }) => state === 'limited').length;
      const limits = partly === 0 ? '' : `, with ${partly} ${partly === 1 ? 'limitation' : 'limitations'}`;
      terminal.print(
        lacking === 0
          ? `\nRingfence works here${limits}.`
          : `\nRingfence does not work here yet: ${lacking} ${lacking === 1 ? 'problem' : 'problems'} to fix.`,
      );
    }
    return lacking === 0 ? 0 : 1;
  },
};
