import { controllerShortcoming } from '../../domain/host-facts.ts';
import { appArmorFix, judgeSandboxHost } from '../../strict/pure/host.ts';
import type { DoctorFacts, Installation } from './doctor-facts.ts';
import { judgeWindowHost } from './window-host.ts';

/** `works`; `limited`: Ringfence works, but not all of it; `missing`: it does not do its work until that is put right. */
export type FindingState = 'works' | 'limited' | 'missing';

/** One thing that was looked at, in plain words. */
export interface Finding {
  readonly name: string;
  readonly state: FindingState;
  readonly says: string;
  readonly fix?: string;
}

const oldestSystemd = 252;

/** What the facts mean for the user, in the order in which one thing needs the other. */
export function judgeHost(facts: DoctorFacts): Finding[] {
  return [
    judgeBus(facts),
    judgeManager(facts),
    judgeCgroups(facts),
    ...judgeControllers(facts),
    judgeSwap(facts),
    ...judgeSandbox(facts),
    judgeDocuments(facts),
    judgeNested(facts),
    judgeInstallations(facts),
    judgeActivation(facts),
    judgeUnit(facts),
    judgeDaemon(facts),
    judgeWatching(facts),
    ...judgeDesktop(facts),
    judgeEntries(facts),
    judgeConfig(facts),
    judgeHome(facts),
    judgeJournal(facts),
    judgeNotifications(facts),
    judgeWindow(facts),
    judgePath(facts),
  ].filter((finding) => finding !== undefined);
}

const works = (name: string, says: string): Finding => ({ name, state: 'works', says });
const limited = (name: string, says: string, fix: string): Finding => ({ name, state: 'limited', says, fix });
const missing = (name: string, says: string, fix: string): Finding => ({ name, state: 'missing', says, fix });

function judgeBus({ busProblem }: DoctorFacts): Finding {
  return busProblem === undefined
    ? works('session bus', 'it answers')
    : missing(
        'session bus',
        busProblem,
        'run this in your desktop session, or install dbus-user-session and log in again',
      );
}

function judgeManager({ manager, busProblem }: DoctorFacts): Finding | undefined {
  if (manager === undefined) {
    if (busProblem !== undefined) return undefined;
    return missing(
      'user manager',
      'systemd --user does not answer on the session bus',
      'check "systemctl --user status"; install libpam-systemd and dbus-user-session, and log in again',
    );
  }
  const says = `systemd ${manager.version} answers`;
  return manager.version >= oldestSystemd
    ? works('user manager', says)
    : limited(
        'user manager',
        `${says}; before ${oldestSystemd} CPU limits need the cpu controller delegated by hand, and an app that hits its memory limit may be stopped whole`,
        `update to a release with systemd ${oldestSystemd} or newer`,
      );
}

function judgeCgroups({ unifiedCgroups }: DoctorFacts): Finding {
  return unifiedCgroups
    ? works('cgroups', 'version 2')
    : missing(
        'cgroups',
        'this system still uses version 1 (or both), where users cannot set limits',
        'add "systemd.unified_cgroup_hierarchy=1" to the kernel command line (GRUB_CMDLINE_LINUX in /etc/default/grub, then "update-grub" as root) and restart',
      );
}

function judgeControllers({ manager, unifiedCgroups, kernelControllers }: DoctorFacts): Finding[] {
  if (manager === undefined) return [];
  const serves = { memory: 'memory limits', pids: 'task limits', cpu: 'CPU limits', io: 'io-weight' };
  const host = { controllers: manager.controllers, kernelHas: (name: string) => kernelControllers.has(name) };
  return Object.entries(serves).map(([controller, what]) => {
    const lack = controllerShortcoming(what, controller, host);
    if (lack === undefined) return works(what, `the ${controller} controller is delegated to you`);
    const help = unifiedCgroups ? lack.fix : 'see cgroups above';
    const judge = controller === 'memory' || controller === 'pids' ? missing : limited;
    return judge(what, lack.reason, help);
  });
}

function judgeSwap({ manager, swapBytes }: DoctorFacts): Finding | undefined {
  if (manager === undefined || !manager.controllers.has('memory')) return undefined;
  if (manager.swapIsCounted)
    return works('swap limits', swapBytes === 0n ? 'there is no swap to limit' : 'swap is counted');
  return limited(
    'swap limits',
    'the kernel does not count swap per app, so an app at its memory limit goes on swapping',
    'remove "swapaccount=0" from the kernel command line and restart',
  );
}

function judgeSandbox({ sandbox }: DoctorFacts): Finding[] {
  const fence = judgeSandboxHost({ ...sandbox, proxyVersion: 'any', sessionAddress: 'unix:path=/any' });
  const bus = judgeSandboxHost({ ...sandbox, bwrapVersion: '99.0', trial: { exitCode: 0, stderr: '' } });
  const version = sandbox.bwrapVersion?.trim() ?? '';
  const describe = (name: string, outcome: typeof fence, says: string) =>
    'ok' in outcome
      ? works(name, says)
      : limited(name, `strict refuses to start anything: ${outcome.reason}`, outcome.fix);
  return [
    describe(
      'strict: sandbox',
      fence,
      sandbox.helperIsUsed === true
        ? `${version} can make a sandbox, started as ${sandbox.helper}, which AppArmor lets do that`
        : `${version} can make a sandbox`,
    ),
    describe('strict: bus filter', bus, `${sandbox.proxyVersion?.trim() ?? ''} is installed`),
  ];
}

function judgeDocuments({ hasPerl }: DoctorFacts): Finding {
  const name = 'strict: documents';
  if (hasPerl) return works(name, 'files that a dialog offers can be saved, and folders shared with an app that runs');
  const says =
    'perl is not installed: strict apps can only read files that a dialog offers, and get shared folders when they start';
  return limited(name, says, 'install perl (Debian and Ubuntu: perl-base)');
}

/** Tried, not read from settings: AppArmor lets bubblewrap do what it keeps from the programs in it. */
function judgeNested({ sandbox, nested, isRoot }: DoctorFacts): Finding | undefined {
  if (nested === undefined || sandbox.trial?.exitCode !== 0) return undefined;
  const name = 'strict: browsers';
  // SELinux has its own labels there.
  const label = nested.label === '' || sandbox.appArmorIsOn !== true ? '' : ` (AppArmor label ${nested.label})`;
  const asRoot = isRoot ? '; tried as root, who may do more than users' : '';
  if (nested.exitCode === 0) {
    return works(name, `a program in the sandbox can make one of its own, as browsers do${label}${asRoot}`);
  }
  const said = nested.stderr.trim().split('\n')[0] ?? '';
  const relaxed = 'enable these with the relaxed profile: "ringfence enable --profile relaxed APP"';
  return limited(
    name,
    `a program in the sandbox cannot make one of its own${label}: ${said}; browsers and Electron apps may not start strict`,
    sandbox.appArmorIsOn === true ? `${appArmorFix(sandbox)}, or ${relaxed}` : relaxed,
  );
}

function judgeInstallations({ installations, unit }: DoctorFacts): Finding | undefined {
  const name = 'installation';
  const { own, shared, secondShared } = installations;
  const describe = ({ folder, version }: Installation) => `${version} in ${folder}`;
  const broken = [own, shared, secondShared].find((one) => one !== undefined && one.missing.length > 0);
  if (broken !== undefined) {
    const are = broken.missing.length === 1 ? 'is' : 'are';
    const says = `${describe(broken)} is not whole: ${broken.missing.join(' and ')} ${are} gone`;
    return missing(name, says, repair({ installations: { own: broken === own ? own : undefined, shared: broken } }));
  }
  if (shared && secondShared && own === undefined) {
    const isSecondUsed = unit?.file.startsWith('/usr/lib/') === true;
    const [used, other] = isSecondUsed ? [secondShared, shared] : [shared, secondShared];
    return limited(
      name,
      `there are two: ${describe(used)} runs, ${describe(other)} does not`,
      'remove the package, or the one in /usr/local with the "install.sh --uninstall" that came with it',
    );
  }
  if (own === undefined) return shared && works(name, `${describe(shared)}, for all users of this machine`);
  if (shared === undefined) return works(name, `${describe(own)}, your own`);
  // The user manager has decided: $XDG_DATA_HOME comes before /usr.
  const ownIsUsed = unit === undefined || !unit.file.startsWith('/usr/');
  const [used, other] = ownIsUsed ? [own, shared] : [shared, own];
  return limited(
    name,
    `there are two, and yours is ${ownIsUsed ? '' : 'not '}used: ${describe(used)} runs, ${describe(other)} does not`,
    ownIsUsed
      ? 'run "ringfence uninstall --keep-enabled" to use the shared one; do nothing to keep yours'
      : 'run "systemctl --user daemon-reload" to use yours, or "ringfence uninstall --keep-enabled" to remove it',
  );
}

/** What puts back files that are missing or damaged. */
function repair({ installations: { own, shared } }: Pick<DoctorFacts, 'installations'>): string {
  if (own !== undefined) return 'run "ringfence install" again';
  return shared === undefined
    ? 'run "ringfence install"'
    : `install the package ringfence again, which has put files into ${shared.folder}`;
}

function judgeActivation(facts: DoctorFacts): Finding {
  const { activation } = facts;
  const name = 'D-Bus activation';
  if (activation === undefined) return missing(name, 'no activation file', repair(facts));
  if (activation.missing.length === 0) return works(name, activation.path);
  const says = `${activation.path} names ${activation.missing.join(' and ')}, which cannot be run (was node updated or removed?)`;
  return missing(name, says, repair(facts));
}

function judgeUnit(facts: DoctorFacts): Finding | undefined {
  const { unit, installations } = facts;
  const name = 'user unit';
  if (unit === undefined) return undefined;
  if (unit.load === 'masked') {
    return missing(name, 'ringfence.service is masked', 'run "systemctl --user unmask ringfence.service"');
  }
  if (unit.load === 'not-found') {
    const anew = installations.shared === undefined ? 'run "ringfence install"' : repair(facts);
    const fix = `${anew}, or "systemctl --user daemon-reload" if it is installed`;
    return missing(name, 'the user manager has no ringfence.service', fix);
  }
  if (unit.load !== 'loaded') {
    const says = `the user manager cannot use ${unit.file} (${unit.load})`;
    return missing(name, says, `see "systemctl --user status ringfence.service", and ${repair(facts)}`);
  }
  if (unit.missing.length > 0) {
    const are = unit.missing.length === 1 ? 'is' : 'are';
    const says = `${unit.file} executes ${unit.missing.join(' and ')}, which ${are} gone (was node updated or removed?)`;
    return missing(name, says, repair(facts));
  }
  if (unit.stale) {
    const says = `${unit.file} has changed since the user manager read it`;
    return limited(name, says, 'run "systemctl --user daemon-reload"');
  }
  return works(name, `${unit.file} is ${unit.active}`);
}

function judgeDaemon(facts: DoctorFacts): Finding | undefined {
  const { daemon, version, busProblem, installations } = facts;
  if (busProblem !== undefined || daemon === undefined) return undefined;
  if ('problem' in daemon && daemon.hangs === true) {
    const fix = 'run "systemctl --user restart ringfence.service"; what runs in a fence stays as it is';
    return missing('daemon', `it hangs: ${daemon.problem}`, fix);
  }
  if ('problem' in daemon) {
    return missing(
      'daemon',
      `it does not answer: ${daemon.problem}`,
      `see "journalctl --user -u ringfence.service"; ${repair(facts)}`,
    );
  }
  if (daemon.version === version) return works('daemon', `ringfenced ${version} answers`);
  return limited(
    'daemon',
    `ringfenced ${daemon.version} runs, but this is Ringfence ${version}`,
    installations.own === undefined && installations.shared !== undefined
      ? 'run "systemctl --user restart ringfence.service"'
      : 'run "ringfence install", or "systemctl --user restart ringfence.service"',
  );
}

function judgeEntries({ entries }: DoctorFacts): Finding | undefined {
  if (entries === undefined) return undefined;
  const named = (wanted: string) => entries.filter(({ state }) => state === wanted).map(({ id }) => id);
  const [edited, pending] = [named('edited'), named('pending')];
  if (edited.length > 0) {
    const says = `you have edited ${edited.join(', ')} since Ringfence wrote it, so it stays as it is`;
    return limited(
      'icons',
      says,
      'to have it written again, delete it from ~/.local/share/applications and run "ringfence sync"',
    );
  }
  if (pending.length > 0) {
    const [are, icon] = pending.length === 1 ? ['is', 'its icon is'] : ['are', 'their icons are'];
    const says = `${pending.join(', ')} ${are} enabled, but ${icon} not up to date`;
    return limited('icons', says, 'run "ringfence sync", which says why');
  }
  const enabled = named('enabled').length;
  return works(
    'icons',
    enabled === 0 ? 'no app enabled yet' : `${enabled} ${enabled === 1 ? 'goes' : 'go'} through Ringfence`,
  );
}

function judgeWatching({ watching, daemon }: DoctorFacts): Finding | undefined {
  if (daemon === undefined || 'problem' in daemon) return undefined;
  return watching === undefined
    ? works('file watching', 'changed files are noticed at once')
    : limited('file watching', watching.reason, watching.fix);
}

/** A row each: all apps together must not take the memory that the desktop needs. */
function judgeDesktop({ desktop }: DoctorFacts): Finding[] {
  return desktop.map((row) => {
    const [name, asked] = [row.get('name') ?? '', row.get('asked') ?? ''];
    if (row.get('state') === 'enforced') return works(name, `${asked}, enforced`);
    // A share of nothing.
    if (row.get('state') === 'off' && asked.endsWith('%')) return works(name, 'there is no swap space');
    if (row.get('state') === 'off') return works(name, `off in your configuration (${asked})`);
    return limited(name, row.get('reason') ?? '', row.get('fix') ?? '');
  });
}

function judgeConfig({ configErrors, configWarnings }: DoctorFacts): Finding {
  const [error] = configErrors;
  if (error !== undefined) {
    const fix = 'correct the line; it takes effect as soon as you save';
    return limited('configuration', `${error}; the last good one stays in force`, fix);
  }
  if (configWarnings.length === 0) return works('configuration', 'no errors');
  return limited('configuration', configWarnings.join('; '), 'correct it in the file that is named');
}

/** Said where it is not so. */
function judgeHome({ unwritable: [first] }: DoctorFacts): Finding | undefined {
  if (first === undefined) return undefined;
  const [reason, wayOut] = first.split('; ');
  const says = `apps cannot be enabled, and settings not be changed: ${reason}`;
  return limited('home', says, wayOut ?? 'make it writable');
}

function judgeJournal({ journald, journalBinding, installations: { own, shared } }: DoctorFacts): Finding {
  if (journald !== 'pong') {
    const reasons = { missing: 'it is not running', refused: 'it refuses connections', silent: 'it does not answer' };
    const fix = 'check "systemctl status systemd-journald"';
    return limited('journal', `${reasons[journald]}; what apps print is lost`, fix);
  }
  if (journalBinding) return works('journal', 'it answers, and the daemon writes to it directly');
  return limited(
    'journal',
    'it answers, but the daemon writes plain lines without RINGFENCE_ fields: the npm package systemd-journald is not built for this node',
    own === undefined && shared !== undefined
      ? 'this needs no fix; for the fields, install libsystemd-dev, g++, make, python3 and npm, and run "npm install --global --prefix /usr systemd-journald" as root'
      : 'install libsystemd-dev, g++, make and python3, run "npm install" again and then "ringfence install"',
  );
}

function judgeNotifications({ notifications }: DoctorFacts): Finding | undefined {
  if (!notifications.service) {
    const says = 'nothing on the session bus shows them, so you are not told when an app starts without its fence';
    return limited('notifications', says, 'run a desktop or a notification daemon');
  }
  return notifications.client
    ? works('notifications', 'they are shown')
    : limited(
        'notifications',
        'notify-send is not installed, so icons cannot show any',
        'install the package libnotify-bin',
      );
}

function judgeWindow({ window: { installed, host } }: DoctorFacts): Finding {
  const obstacle = judgeWindowHost(host);
  if (obstacle !== undefined)
    return limited('window', `it cannot run: ${obstacle.reason}`, `${obstacle.fix}; commands do all that it does`);
  const again = 'run "ringfence install" again, or install the package ringfence-gtk';
  return installed ? works('window', 'it can run') : limited('window', 'it is not installed', again);
}

function judgePath({ binOutsidePath }: DoctorFacts): Finding | undefined {
  return binOutsidePath === undefined
    ? undefined
    : limited('PATH', `${binOutsidePath} is not in it`, 'log in again, or add it to PATH in ~/.profile');
}
