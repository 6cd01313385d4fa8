import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';

export interface PlaceResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One entry as `journalctl -o json` prints it: a field that is long, or no UTF-8, is null or an array. */
export type JournalEntry = Readonly<Record<string, unknown>>;

/**
 * Runs a shell script where a real journald of its own serves /run/systemd/journal: in new mount and PID namespaces, with a
 * user namespace unless we are root. $JOURNALD_PID is journald (empty without one), $PROBE the probe.
 */
export async function runWithJournald(
  script: string,
  options: { probe: string; journald?: boolean },
): Promise<PlaceResult> {
  const setUp = [
    'set -e',
    'mount -t tmpfs tmpfs /run/systemd; mkdir -p /run/systemd/system /run/log',
    'mount -t tmpfs tmpfs /run/log; mount -t tmpfs tmpfs /var/log',
    ...(options.journald === false
      ? []
      : [
          '/lib/systemd/systemd-journald >/dev/null 2>&1 & export JOURNALD_PID=$!',
          'n=0; until [ -S /run/systemd/journal/stdout ]; do n=$((n + 1)); [ $n -lt 500 ]; sleep 0.02; done',
        ]),
    'set +e',
    script,
  ].join('\n');
  const user = process.getuid?.() === 0 ? [] : ['-r'];
  const namespaces = [...user, '-m', '-p', '-f', '--kill-child', '--mount-proc', '--propagation', 'private'];
  const { JOURNAL_STREAM: _, ...environment } = process.env;
  const child = spawn('unshare', [...namespaces, '/bin/sh', '-c', setUp], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment, PROBE: `timeout -s KILL 30 ${process.execPath} ${options.probe}` },
  });
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { status, stdout, stderr };
}

/** The shell command that prints all of the journal as JSON, after journald has written everything it was given. */
export const printJournal = 'journalctl --sync; journalctl --no-pager --all -o json';

export function parseJournal(stdout: string): JournalEntry[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as JournalEntry);
}

/** Bundles the probe into `folder` as the build bundles the programs, with or without the addon where it looks for it. */
export async function buildProbe(folder: string, options: { addon: boolean }): Promise<string> {
  mkdirSync(folder, { recursive: true });
  if (options.addon) symlinkSync(join(import.meta.dirname, '../../../node_modules'), join(folder, 'node_modules'));
  const outfile = join(folder, 'probe.cjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'journal-probe.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['systemd-journald'],
    logLevel: 'error',
  });
  return outfile;
}
