import { errorTable } from '../../domain/errors.ts';
import { logEvents } from '../../domain/log-events.ts';
import { instanceObjectPath, unitObjectPath } from '../../domain/object-path.ts';
import { pressureTrigger } from '../../domain/pressure-variables.ts';
import { requestIdInRecord } from '../../domain/report.ts';
import { daemonMark, recordName, recordsFolder } from '../../domain/runtime-files.ts';
import { shellQuote } from '../../domain/shell-quote.ts';
import { unitName } from '../../install/pure/places.ts';
import { bundleSuffix } from '../../platform/systemd/daemon-files.ts';
import { endStartupProgram } from '../../shadows/pure/open-script.ts';

/** What ringfence-open and ringfence-shell know of the rest of the project: the build writes each into them where their source has @NAME@. */
export const shellFacts: Readonly<Record<string, string>> = {
  DAEMON_MARK: daemonMark,
  RECORDS_FOLDER: recordsFolder,
  RECORD_SUFFIX: recordName('.scope'),
  /** A pattern for the shell, with the id in `$request`. */
  REQUEST_IN_RECORD: doubleQuoted(requestIdInRecord('$request')),
  /** What stands before the number in an instance's path. */
  DASH_IN_PATH: /^.*a(.+)1$/.exec(instanceObjectPath('app-ringfence-a-1.scope'))?.[1] ?? '',
  UNIT_OBJECT: unitObjectPath(unitName),
  /** What its loader reads is this, after its own name. */
  BUNDLE_SUFFIX: bundleSuffix,
  UNREACHABLE: errorTable.Unreachable.dbusName,
  /** A pattern for the shell. */
  REFUSING_ERRORS: Object.values(errorTable)
    .filter(({ click }) => click === 'refused')
    .map(({ dbusName }) => `${dbusName}:*`)
    .join(' | '),
  FALLBACK_MESSAGE_ID: logEvents['click-fallback'].messageId,
  REFUSED_MESSAGE_ID: logEvents['launch-refused'].messageId,
  END_STARTUP_PROGRAM: shellQuote(endStartupProgram),
  PRESSURE_TRIGGER: Buffer.from(pressureTrigger).toString('base64'),
};

/** A word in which the shell replaces `$name` and nothing else. */
function doubleQuoted(text: string): string {
  return `"${text.replace(/["\\`]/g, '\\$&')}"`;
}
