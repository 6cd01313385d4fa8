import { expect, it } from 'vitest';
import {
  cpuBetween,
  graphOf,
  graphSpan,
  type History,
  noHistory,
  peakOf,
  readUsage,
  withReading,
} from '../../../../src/window/pure/samples.ts';

const reading = (at: number, memory?: number, cpuTime?: number) =>
  readUsage(
    {
      ...(memory === undefined ? {} : { 'memory-current': String(memory) }),
      ...(cpuTime === undefined ? {} : { 'cpu-usage-usec': String(cpuTime) }),
      'what-is-new': 'soon',
    },
    at,
  );
const after = (...readings: ReturnType<typeof reading>[]): History => readings.reduce(withReading, noHistory);

it('leaves out what the kernel does not tell', () => {
  expect(reading(1, 5)).toEqual({ at: 1, memory: 5, peak: undefined, cpuTime: undefined, tasks: undefined });
});

it('reads whole numbers alone', () => {
  const usage = { 'memory-current': '12', 'memory-peak': 'max', 'cpu-usage-usec': '5 us', 'tasks-current': '3' };
  expect(readUsage(usage, 1)).toEqual({ at: 1, memory: 12, peak: undefined, cpuTime: undefined, tasks: 3 });
  expect(readUsage({ 'tasks-current': '-3' }, 1).tasks).toBeUndefined();
});

it('tells the use of a processor between two readings', () => {
  expect(after(reading(1000, 1, 100_000), reading(2000, 1, 600_000)).cpu).toBe(50);
  expect(after(reading(0, 1, 0)).cpu).toBeUndefined();
  expect(after(reading(0, 1, 0), reading(1000, 1)).cpu).toBeUndefined();
});

it('takes no use from a clock that stands or a counter that starts again', () => {
  expect(cpuBetween(reading(5, 1, 0), reading(5, 1, 9))).toBeUndefined();
  expect(cpuBetween(reading(0, 1, 900), reading(5, 1, 0))).toBe(0);
});

it('forgets what is older than the graph, but for the point before its edge', () => {
  const all = Array.from({ length: 200 }, (_, second) => reading(second * 1000, second));
  const { readings } = after(...all);
  expect(readings.map(({ memory }) => memory).slice(0, 2)).toEqual([139, 140]);
  expect(readings).toHaveLength(61);
});

it('keeps the last of what is older than the graph when a machine was asleep', () => {
  const { readings } = after(reading(0, 1), reading(1000, 2), reading(1_000_000, 3));
  expect(readings.map(({ memory }) => memory)).toEqual([2, 3]);
});

it('draws nothing of nothing, and a line on the ground for what uses nothing', () => {
  expect(graphOf(noHistory, 'memory', 100)).toEqual({ points: [], limit: expect.closeTo(1 / 1.1) });
  expect(graphOf(after(reading(30_000, 0), reading(60_000, 0), reading(90_000, 0)), 'memory', undefined)).toEqual({
    points: [
      { x: 0, y: 0 },
      { x: 0.5, y: 0 },
      { x: 1, y: 0 },
    ],
    limit: undefined,
  });
});

it('draws memory against its limit, with air above', () => {
  const { points, limit } = graphOf(after(reading(0, 50), reading(graphSpan, 100)), 'memory', 200);
  expect(points.map(({ x }) => x)).toEqual([0, 1]);
  expect(points.map(({ y }) => Math.round(y * 220))).toEqual([50, 100]);
  expect(limit).toBeCloseTo(1 / 1.1);
});

it('draws what is above its limit below the edge, and no line for what has no limit', () => {
  const graph = graphOf(after(reading(0, 300)), 'memory', 100);
  expect(graph.points[0]?.y).toBeCloseTo(1 / 1.1);
  expect(graph.limit).toBeCloseTo(1 / 3.3);
  expect(graphOf(after(reading(0, 300)), 'memory', Number.POSITIVE_INFINITY).limit).toBeUndefined();
});

it('draws the processor where memory is not counted', () => {
  const graph = graphOf(after(reading(0, undefined, 0), reading(1000, undefined, 1_000_000)), 'cpu', undefined);
  expect(graph.points.map(({ x }) => x)).toEqual([1]);
  expect(graph.points[0]?.y).toBeCloseTo(1 / 1.1);
});

it('tells the peak, and from an older kernel what is used now', () => {
  expect(peakOf({ 'memory-peak': '9', 'memory-current': '5' })).toBe(9);
  expect(peakOf({ 'memory-current': '5' })).toBe(5);
  expect(peakOf(undefined)).toBeUndefined();
});
