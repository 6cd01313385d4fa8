#!/usr/bin/env node
// Runs the commands of docs/tour.md in this session and prints the page with what they said.
// usage: test/testbed/machine node docs/tour.mjs >docs/tour.md
//        tour.mjs --check: prints nothing; the exit status is 1 when the page is not what the commands say today
// It installs Ringfence and kills what it started: it refuses to run outside a testbed.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const pids = new Map();
const units = new Map();
const folder = dirname(fileURLToPath(import.meta.url));
const home = homedir();
const bin = join(home, 'package/bin');
const notified = join(home, 'package/notified');
const variables = { XDG_DATA_DIRS: join(home, 'system/share'), LANG: 'C.UTF-8' };
const env = {
  ...process.env,
  ...variables,
  PATH: `${bin}:${join(home, '.local/bin')}:${process.env.PATH}`,
  SHELL: '/bin/bash',
};
if (process.env.RINGFENCE_TESTBED !== 'machine') {
  console.error('tour: it installs Ringfence and starts apps: test/testbed/machine node docs/tour.mjs');
  process.exit(2);
}

const page = readFileSync(join(folder, 'tour.md'), 'utf8');
prepare();
const listener = listen();
let fresh;
try {
  fresh = page.replace(/^```console\n([\s\S]*?)^```$/gm, (_block, text) => `\`\`\`console\n${replay(text)}\`\`\``);
} finally {
  listener.kill();
  cleanUp();
}
if (!process.argv.includes('--check')) process.stdout.write(fresh);
else if (fresh !== page) {
  console.error('docs/tour.md is not what the commands say: see the head of docs/tour.mjs');
  console.error(difference(page, fresh));
  process.exitCode = 1;
}

/** A home as of somebody who has four apps and has just got the package. */
function prepare() {
  cleanUp();
  const applications = join(variables.XDG_DATA_DIRS, 'applications');
  mkdirSync(applications, { recursive: true });
  const apps = [
    ['org.gnome.gedit', 'Name=gedit'],
    ['org.gnome.TextEditor', 'Name=Text Editor', 'Name[de]=Texteditor', 'Name[fr]=Éditeur de texte'],
    ['org.gnome.Calculator', 'Name=Calculator', 'Name[de]=Taschenrechner'],
    ['org.kde.kcalc', 'Name=KCalc', 'Name[en_GB]=Calculator'],
    ['xdg-desktop-portal-gtk', 'Name=Portal', 'NoDisplay=true'],
  ];
  for (const [id, ...lines] of apps) {
    const text = ['[Desktop Entry]', 'Type=Application', ...lines, 'Exec=sleep 3600', ''].join('\n');
    writeFileSync(join(applications, `${id}.desktop`), text);
  }
  mkdirSync(bin, { recursive: true });
  symlinkSync(join(folder, '../dist/ringfence'), join(bin, 'ringfence'));
  const pairs = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  spawnSync('systemctl', ['--user', 'set-environment', ...pairs]);
}

/**
 * Takes notifications as a desktop would, for the command "last-notification", which waits for one since its line began and prints the
 * title and the text.
 */
function listen() {
  const script = `#!/bin/sh
until [ "$(wc -l <${notified})" -gt "$NOTIFIED" ]; do sleep 0.1; done
tail -n 1 ${notified} | /usr/bin/python3 -c 'import json, sys; print(*json.load(sys.stdin)[1:3], sep="\\n")'
`;
  writeFileSync(join(bin, 'last-notification'), script, { mode: 0o755 });
  const program = join(folder, '../test/fixtures/notification-listener.py');
  return spawn('/usr/bin/python3', [program], { stdio: ['ignore', openSync(notified, 'w'), 'inherit'] });
}

function cleanUp() {
  const names = Object.keys(variables).join(' ');
  const script = `ringfence uninstall; systemctl --user stop 'app-ringfence-*'; systemctl --user unset-environment ${names}`;
  spawnSync('sh', ['-c', script], { stdio: 'ignore', env });
  for (const name of ['system', 'package', '.config/ringfence', '.local/share/ringfence/homes'])
    rmSync(join(home, name), { recursive: true, force: true });
}

/** The commands of a block ("$ …", further lines with a backslash before them) and what each says now. */
function replay(text) {
  const commands = [...text.matchAll(/^\$ (.*(?:\\\n.*)*)\n/gm)].map(([, command]) => command);
  return commands.map((command) => `$ ${command}\n${said(command)}`).join('');
}

function said(command) {
  let { stdout, status } = run(command);
  // journald writes in its own time.
  for (let tries = 0; command.startsWith('journalctl') && stdout === '' && tries < 200; tries += 1) {
    spawnSync('sleep', ['0.1']);
    ({ stdout, status } = run(command));
  }
  const code = status === 0 ? '' : `[exit status ${status}]\n`;
  return `${aligned(steady(stdout))}${code}`;
}

function run(command) {
  const NOTIFIED = String(readFileSync(notified, 'utf8').split('\n').length - 1);
  return spawnSync('bash', ['-c', `{ ${command}\n} 2>&1`], { env: { ...env, NOTIFIED }, cwd: home, encoding: 'utf8' });
}

/** What is another at each run is always the same: pids, the numbers of units, times, amounts of use, this home. */
function steady(text) {
  return text
    .replaceAll(`${home}/system`, '/usr')
    .replaceAll(home, '/home/reader')
    .replace(/(?<=app-ringfence-[^\s"]+-)\d+(?=\.scope)/g, (number) => known(units, number, 1000001))
    .replace(/(?<=instance\/[^\s"]+_2d)\d+/g, (number) => known(units, number, 1000001))
    .replace(/(?<=^\S+ +)\d{2,}(?= +\d+(?:\.\d)? (?:s|min))/gm, (pid) => known(pids, pid, 2001))
    .replace(/(?<=^Processes +)\d[\d ]*$/gm, (list) =>
      list
        .split(' ')
        .map((pid) => known(pids, pid, 2001))
        .join(' '),
    )
    .replace(/\d+(\.\d)? (KiB|MiB)(?= \/ | {1,2}of (?!memory)| \(at most)/g, '1.3 MiB')
    .replace(/\d\.\d GiB(?= of memory)/g, '1.8 GiB')
    .replace(/(?<=at most )\d+(\.\d)? (KiB|MiB)/g, '1.6 MiB')
    .replace(/(?<=^Swap +)\d+(\.\d)? \w+/gm, '0 B')
    .replace(/^\d\d:\d\d:\d\d(?=: \d+ instance)/gm, '12:00:00')
    .replace(/\d+(?= percent of a core)/g, '0')
    .replace(/(?<=running for )\d+ s/g, '5 s')
    .replace(/(?<=^CPU time +)\d+(\.\d)? s/gm, '0.1 s')
    .replace(/(?<=^(?:would create|created) .*)(?:, [\d.]+ (?:B|KiB|MiB)(?=[:)])| \([\d.]+ (?:B|KiB|MiB)\)$)/gm, '')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d, \d+ s ago/g, '2026-01-01 12:00:00, 5 s ago');
}

function known(names, text, first) {
  if (!names.has(text)) names.set(text, String(first + names.size));
  return names.get(text);
}

/** The table of "list", whose columns are as wide as what was in them. */
function aligned(text) {
  if (!text.startsWith('NAME ')) return text;
  // What stands below the table is none of it.
  const [table = '', ...below] = text.trimEnd().split('\n\n');
  const rows = table.split('\n').map((line) => line.split(/ {2,}/));
  for (const row of rows.slice(1)) {
    row[2] = '0.1 s';
    row[6] = '5 s';
  }
  const widths = rows[0].map((_title, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index]))
      .join('  ')
      .trimEnd(),
  );
  return `${[lines.join('\n'), ...below].join('\n\n')}\n`;
}

function difference(before, after) {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const at = old.findIndex((line, index) => line !== now[index]);
  return `line ${at + 1}:\n  page: ${old.slice(at, at + 4).join('\n        ')}\n  now:  ${now.slice(at, at + 4).join('\n        ')}`;
}
