import { row, since, summary } from './rig.mjs';

/** The daemon's cold start against node's own. */
export async function measureStarts(rig) {
  const [named, answered, nodes] = [[], [], []];
  for (let round = 0; round < Math.min(rig.rounds, 20); round += 1) {
    nodes.push(await rig.time(() => rig.exec(process.execPath, ['-e', '0'])));
    const { child, took, begun } = await rig.startDaemon();
    named.push(took);
    await rig.ping();
    answered.push(since(begun));
    await rig.stopDaemon(child);
  }
  const [node, name, answer] = [nodes, named, answered].map(summary);
  return {
    results: { node, name, answer, ratio: name.median / node.median, goal: 1.5 },
    rows: [
      row('node -e 0', node, 1),
      row('ringfenced: start to name owned', name, name.median / node.median, '≤ 1.5 × node'),
      row('ringfenced: start to first answer', answer, answer.median / node.median),
    ],
  };
}
