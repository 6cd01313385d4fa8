import { createJournaldSink } from './journald-sink.ts';
import { loadJournalSend } from './load-journal-send.ts';
import { createLog, type Log, type LogLevel } from './log.ts';
import { createStdoutSink } from './stdout-sink.ts';

/**
 * The log of a running program: into the journal with all fields where journald and the addon are there, else as lines on
 * stdout. Opens nothing before the first entry.
 */
export function openLog(options: {
  identifier: string;
  level: LogLevel;
  environment: Readonly<Record<string, string | undefined>>;
}): Log {
  const { identifier, level } = options;
  const fallback = createStdoutSink({ fd: 1, identifier, journalStream: options.environment['JOURNAL_STREAM'] });
  const folder = '/run/systemd/journal';
  return createLog({ level, sink: createJournaldSink({ folder, identifier, loadSend: loadJournalSend, fallback }) });
}
