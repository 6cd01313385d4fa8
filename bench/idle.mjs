import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A daemon with nothing to do: anonymous memory and wake-ups, fresh and after many launches. */
export async function measureIdle(rig) {
  const { child: idle } = await rig.startDaemon();
  await sleep(rig.settleSeconds * 1000);
  const before = switches(idle.pid);
  await sleep(rig.idleSeconds * 1000);
  const wakeUps = switches(idle.pid) - before;
  const freshMb = anonymousMb(idle.pid);
  for (let left = rig.many; left > 0; left -= 1) {
    await rig.call('Launch', 'sasa{ss}', ['bench', [], {}]);
    await rig.signalled();
  }
  const workedMb = anonymousMb(idle.pid);
  await rig.stopDaemon(idle);
  const mb = (value) => `${value.toFixed(1)} MB`;
  return {
    results: {
      wakeUps,
      seconds: rig.idleSeconds,
      anonymousMb: freshMb,
      afterWorkMb: workedMb,
      goal: { wakeUps: 0, anonymousMb: 12 },
    },
    rows: [
      [`idle: wake-ups in ${rig.idleSeconds} s`, String(wakeUps), '', '', '0'],
      ['idle: anonymous memory', mb(freshMb), '', '', '≤ 12 MB'],
      [`after ${rig.many} launches: anonymous memory`, mb(workedMb), '', '', ''],
    ],
  };
}

function anonymousMb(pid) {
  return Number(/^Anonymous:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1024;
}

/** How often the threads of a process have gone to sleep (proc(5), /proc/PID/status). */
export function switches(pid) {
  return readdirSync(`/proc/${pid}/task`)
    .map((task) => readFileSync(`/proc/${pid}/task/${task}/status`, 'utf8'))
    .reduce((sum, status) => sum + Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)[1]), 0);
}
