import { expect, it } from 'vitest';
import { makeAll, type Step } from '../../../../src/window/pure/steps.ts';

/** Changes that write down what becomes of them. */
function diary() {
  const lines: string[] = [];
  const step =
    (name: string): Step =>
    async () => {
      lines.push(`make ${name}`);
      return async () => void lines.push(`undo ${name}`);
    };
  return { lines, step };
}
const refused = new Error('no');
const refusing: Step = async () => {
  throw refused;
};

it('takes back every change that was made, the last first', async () => {
  const { lines, step } = diary();
  const { undo, refusal } = await makeAll([step('kept'), step('live 1'), async () => undefined, step('live 2')]);
  expect(refusal).toBeUndefined();
  await undo?.();
  expect(lines).toEqual(['make kept', 'make live 1', 'make live 2', 'undo live 2', 'undo live 1', 'undo kept']);
});

it('makes the others where one is refused, and takes those back', async () => {
  const { lines, step } = diary();
  const { undo, refusal } = await makeAll([step('kept'), refusing, step('live')]);
  expect(refusal).toEqual({ error: refused });
  await undo?.();
  expect(lines).toEqual(['make kept', 'make live', 'undo live', 'undo kept']);
});

it('has nothing to take back where nothing was changed', async () => {
  expect(await makeAll([async () => undefined])).toEqual({ undo: undefined, refusal: undefined });
  expect(await makeAll([refusing])).toEqual({ undo: undefined, refusal: { error: refused } });
});

it('takes the others back where one cannot be, and says so', async () => {
  const { lines, step } = diary();
  const { undo } = await makeAll([step('kept'), async () => refusing]);
  await expect(undo?.()).rejects.toBe(refused);
  expect(lines).toEqual(['make kept', 'undo kept']);
});
