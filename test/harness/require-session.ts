import { requireTestbed } from './testbed.ts';

/** Vitest's global setup of the integration project. */
export default function setup(): void {
  requireTestbed(['session']);
}
