import { expect, it } from 'vitest';
import { isGpuDevice } from '../../../../src/strict/pure/gpu-devices.ts';

it.each(['dri/renderD128', 'dri/renderD12', 'nvidia0', 'nvidia19', 'nvidiactl', 'nvidia-uvm', 'mali', 'mali0', 'dxg'])(
  'lets in what programs draw with: /dev/%s',
  (name) => expect(isGpuDevice(`/dev/${name}`)).toBe(true),
);

it.each([
  ...['dri/card0', 'dri/controlD64', 'dri/renderD', 'dri/by-path', 'kfd', 'udmabuf', 'nvidia-uvm-tools', 'nvidia-caps'],
  ...['kmsg', 'input/event0', 'null', 'video0', 'snd/controlC0', 'dri/renderD128/x', 'x/nvidia0'],
])('lets in nothing else: /dev/%s', (name) => expect(isGpuDevice(`/dev/${name}`)).toBe(false));
