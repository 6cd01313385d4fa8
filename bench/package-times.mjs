// In a session with a door, by a release's own node (see packages.mjs): installs the .deb and prints a row of the table.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const rounds = Number(process.env.BENCH_ROUNDS ?? 20);
const quiet = { stdio: 'ignore' };
const name = readdirSync('out/package').find((one) => /^ringfence_.*_all\.deb$/.test(one));
writeFileSync('/run/testbed-door/in', `dpkg --install /srv/ringfence/out/package/${name}\n`);
const said = readFileSync('/run/testbed-door/out', 'utf8');
if (!said.endsWith('exit status 0\n')) throw new Error(said);

/** The best of all rounds, in ms: what the program needs, less what else the machine does. */
function best(argv, before = () => {}) {
  const times = Array.from({ length: rounds }, () => {
    before();
    const start = process.hrtime.bigint();
    execFileSync(argv[0], argv.slice(1), quiet);
    return Number(process.hrtime.bigint() - start) / 1e6;
  });
  return Math.min(...times);
}

const systemctl = (...words) => execFileSync('systemctl', ['--user', ...words], { encoding: 'utf8' }).trim();
const ask = [
  ...['dbus-send', '--session', '--print-reply', '--dest=org.ringfence.Ringfence1', '/org/ringfence/Ringfence1'],
  ...['org.freedesktop.DBus.Properties.Get', 'string:org.ringfence.Ringfence1', 'string:Version'],
];
const node = best(['/usr/bin/node', '-e', '0']);
const version = best(['ringfence', '--version']);
const list = best(['ringfence', 'list']);
const first = best(ask, () => systemctl('stop', 'ringfence.service'));
// Until it has nothing more to do after its start.
await sleep(10_000);
const pid = systemctl('show', '--property=MainPID', '--value', 'ringfence.service');
const status = readFileSync(`/proc/${pid}/status`, 'utf8');
const mib = (field) => `${Math.round(Number(new RegExp(`^${field}:\\s*(\\d+) kB`, 'm').exec(status)[1]) / 1024)} MiB`;
const ms = (time) => `${Math.round(time)} ms`;
console.log(
  `node ${process.versions.node}: ${ms(node)} | ${ms(version)} | ${ms(list)} | ${ms(first)}, ${(first / node).toFixed(1)} x node | ${mib('RssAnon')} (${mib('VmRSS')})`,
);
