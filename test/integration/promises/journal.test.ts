import { expect } from 'vitest';
import { bundleDyingDaemon } from '../../fixtures/bundle-daemon.ts';
import { brokenPromises, fieldOf, promisedEvents } from '../../fixtures/journal-manual.ts';
import { connectTestBus, connectTestClient, startBundledDaemon } from '../../fixtures/live-daemon.ts';
import { type Check, keepPromises, seenIn } from '../../fixtures/promises.ts';
import { startDaemon } from '../../harness/daemon.ts';
import { journal } from '../../harness/journal.ts';
import { waitFor } from '../../harness/wait-for.ts';

// Every event that docs/journal.md names: the test that has it happen, and finds it in the journal with its fields.

const events = promisedEvents();
/** The newest entry of an event that a process has logged. */
const told = async (event: string, pid: number | undefined) => {
  const fields = { MESSAGE_ID: events.find(({ name }) => name === event)?.messageId ?? '', _PID: String(pid) };
  const entry = await waitFor(async () => (await journal({ fields })).at(-1), { what: `${event} in the journal` });
  expect(brokenPromises(entry)).toBe('');
  return entry;
};

const journalEvents = 'integration/watch/journal-events.test.ts';
const byItsId = seenIn(journalEvents, 'finds an app by its id: launched, refused, killed');
const configuration = seenIn(journalEvents, 'names file, line and key of a configuration that is wrong');
const checks: Record<string, Check> = {
  'daemon-started': async () => {
    const daemon = await startDaemon();
    await told('daemon-started', daemon.process.pid);
    await daemon.stop();
  },
  'daemon-stopping': async () => {
    const daemon = await startDaemon();
    await daemon.stop();
    await told('daemon-stopping', daemon.process.pid);
  },
  'app-launched': byItsId,
  'launch-refused': byItsId,
  'instance-ended': byItsId,
  'instance-recovered': seenIn(journalEvents, 'tells of a daemon that starts and ends, and finds its instances'),
  'scope-followed': seenIn('integration/watch/left-scopes.test.ts', '%s has its limits there, and is one instance'),
  'limit-hit': seenIn(
    'machine/enforcement.test.ts',
    'kills the process that overran its memory, not its siblings nor another app',
  ),
  'limit-not-enforced': seenIn(journalEvents, 'names the limit that is not enforced'),
  'config-reloaded': configuration,
  'config-rejected': configuration,
  'bus-lost': seenIn(
    'integration/daemon/bus-loss.test.ts',
    'when the bus dies the daemon ends with 75, what it started runs on, and a new daemon finds it',
  ),
  'click-fallback': seenIn('integration/clients/open/open-fallback.test.ts', 'is handed back when the daemon %s'),
  'log-entries-lost': seenIn(
    'integration/platform/journal-log.test.ts',
    'goes on while journald hangs, keeps the newest entries in order and tells how many were lost',
  ),
  'internal-error': async () => {
    const bus = await connectTestBus();
    const daemon = await startBundledDaemon(bus, await bundleDyingDaemon(), { RINGFENCE_TEST_FAULT: 'decided throw' });
    const client = await connectTestClient();
    await expect(client.run(['true'], new Map(), new Map())).rejects.toMatchObject({ code: 'Failed' });
    expect(fieldOf(await told('internal-error', daemon.pid), 'STACK')).toContain('a fault of the test');
    await client.close();
    await daemon.stop();
    await bus.close();
  },
};

keepPromises(
  'the journal',
  events.map(({ name }) => name),
  checks,
  'integration/promises/journal.test.ts',
);
