/** The name of one start at the portals: flatpak clears away those that are numbers. */
export function portalInstance(sandboxId: string): string {
  return `ringfence-${sandboxId}`;
}

/**
 * `/.flatpak-info` as flatpak writes it (flatpak-metadata(5), flatpak-run.c): by this file in the root of whoever sits at the other
 * end of a bus connection a portal tells a confined app from an ordinary program of the desktop.
 */
export function flatpakInfo(id: string, instance: string, network: boolean): string {
  return [
    '[Application]',
    `name=${id}`,
    'runtime=runtime/org.ringfence.Host/any/1',
    '',
    '[Instance]',
    `instance-id=${instance}`,
    '',
    ...(network ? ['[Context]', 'shared=network;', ''] : []),
  ].join('\n');
}

/** `bwrapinfo.json` of an instance: portals from 1.17 on look for the first process of the sandbox there. */
export function bwrapInfo(initPid: number): string {
  return `{\n    "child-pid": ${initPid}\n}\n`;
}

/** The first process that such a text names; undefined where it names none. */
export function initPidOf(bwrapInfo: string): number | undefined {
  const digits = /"child-pid": (\d+)\n/.exec(bwrapInfo)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
