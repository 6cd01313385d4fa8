/**
 * Whether a device is one by which programs draw, and nothing else: of what flatpak's `--device=dri` lets in (flatpak-run.c), the
 * render nodes of the kernel's own drivers, and what NVIDIA's, Mali's, Adreno's and WSL's drivers have in their stead.
 *
 * Not the card nodes (`dri/card*`), by which a screen is set, and its contents may be read by whoever becomes their master; nor what no
 * program needs to draw: `udmabuf` (memory as a buffer of a device), `kfd` (AMD's, to compute) and `nvidia-uvm-tools` (to watch others).
 */
export function isGpuDevice(path: string): boolean {
  return /^\/dev\/(?:dri\/renderD\d+|nvidia(?:\d+|ctl|-modeset|-uvm)|mali0?|umplock|kgsl-3d0|dxg)$/.test(path);
}
