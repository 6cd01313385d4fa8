import type { Report } from '../domain/report.ts';
import { hasFailed, isAtOnce } from '../watch/pure/ended-at-once.ts';
import type { Outcome } from '../watch/pure/outcome.ts';
import { startAgain } from '../watch/pure/start-again.ts';
import type { KeptOutPorts } from './kept-out.ts';
import { endedNotice } from './pure/ended-notice.ts';
import { openSecretButtons } from './secret-buttons.ts';

/** What such notices are carried by. */
export interface EndedNoticePorts
  extends Pick<KeptOutPorts, 'isTold' | 'tell' | 'show' | 'iconOf' | 'secret' | 'failed'> {
  /** Whether an app that asked for this bus name may be offered it. */
  mayHave(app: string, name: string): Promise<boolean>;
  /** From its next start on the app has the name. */
  letHave(app: string, name: string): Promise<void>;
  /** Starts an app anew, with the options of a launch. */
  launch(app: string, options: ReadonlyMap<string, string>): Promise<unknown>;
}

/** One notification for each strict app, once: its click seems to have done nothing. */
export interface EndedNotices {
  ended(report: Report, outcome: Outcome): Promise<void>;
  pressed(number: number, key: string): Promise<void>;
  closed(number: number): void;
}

export function openEndedNotices(ports: EndedNoticePorts): EndedNotices {
  const buttons = openSecretButtons<{ readonly report: Report; readonly refused: string }>('have', ports.secret);
  const underWay = new Set<string>();
  const tell = async (report: Report, outcome: Outcome) => {
    const { app, name, unit, once = false } = report;
    const refused = outcome.get('refused-name');
    // What is thrown away has nothing that it keeps.
    const mayHave = refused !== undefined && !once && (await ports.mayHave(app, refused));
    const icon = await ports.iconOf(app).catch(() => undefined);
    const exitCode = outcome.get('exit-code') ?? '';
    const notice = endedNotice({ app, name, unit, exitCode, refused, mayHave }, icon);
    await buttons.show(notice, { report, refused: refused ?? '' }, (locked) => ports.show(locked, app));
    ports.tell(app);
  };
  return {
    async ended(report, outcome) {
      const { app, mode } = report;
      const isSilent = outcome.has('refused-name') || hasFailed(outcome);
      if (mode !== 'strict' || app === '' || !isSilent || !isAtOnce(report, Date.now())) return;
      if (underWay.has(app) || ports.isTold(app)) return;
      underWay.add(app);
      // Where nobody shows notifications, the journal has it.
      await tell(report, outcome).catch(() => {});
      underWay.delete(app);
    },

    async pressed(number, key) {
      const told = buttons.pressed(number, key);
      if (told === undefined) return;
      const { report, refused } = told;
      try {
        await ports.letHave(report.app, refused);
        await ports.launch(report.app, startAgain(report));
      } catch (error) {
        ports.failed(`let ${report.name} have the bus name ${refused} and start`, error);
      }
    },

    closed: buttons.closed,
  };
}
