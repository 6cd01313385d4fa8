import { basename } from 'node:path';
import { parseMountinfo } from '../domain/mounts.ts';
import { portalId, writingId } from '../domain/portal-id.ts';
import type { SandboxSight, SessionBus } from './ports.ts';
import { flatpakInfo, portalInstance } from './pure/portal-identity.ts';

/** What the portals of this session can do for an app. */
export interface Portals {
  /** Where the document portal shows what it lets each app see; undefined where there is none. */
  readonly documents: string | undefined;
  /** Whether xdg-desktop-portal is there. */
  readonly hasDesktop: boolean;
  /** What is missing, for the report. */
  readonly reasons: readonly string[];
}

/** Looks at what there is, and starts the document portal where it does not run yet. Nothing that is missing stands in the way. */
export async function lookAtPortals(
  activatable: readonly string[],
  { bus, sight }: { readonly bus: SessionBus; readonly sight: SandboxSight },
): Promise<Portals> {
  const isThere = async (name: string) => activatable.includes(name) || (await bus.ownerPid(name)) !== undefined;
  const [hasDesktop, hasDocuments] = await Promise.all([isThere(desktop), isThere(documents)]);
  const told = hasDocuments ? await bus.documentsFolder() : undefined;
  // A file system that hangs would make whoever asks it hang: the kernel's list of mounts tells what is there.
  const isMounted = parseMountinfo(sight.mountinfo()).some(
    ({ path, type }) => path === told && type.startsWith('fuse'),
  );
  return {
    documents: isMounted ? told : undefined,
    hasDesktop,
    reasons: [
      ...(hasDesktop
        ? []
        : ['there are no portals (xdg-desktop-portal): file dialogs show its own home, and links do not open']),
      ...(isMounted ? [] : ['there is no document portal: files outside cannot be chosen in a dialog']),
    ],
  };
}

/** Who a sandbox is to the portals. */
export interface PortalIdentity {
  readonly id: string;
  readonly instance: string;
  /** `/.flatpak-info` */
  readonly info: string;
  /** By which the document portal knows what it may write. */
  readonly writingId: string;
  /** What the document portal lets it see, outside. */
  readonly documents: { readonly read: string; readonly write: string } | undefined;
}

/** The identity of what runs over the home `home` in the sandbox `sandboxId`. */
export function identityOf(home: string, sandboxId: string, network: boolean, { documents }: Portals): PortalIdentity {
  const id = portalId(basename(home));
  const instance = portalInstance(sandboxId);
  const writing = writingId(basename(home));
  const byApp = (name: string) => `${documents}/by-app/${name}`;
  return {
    ...{ id, instance, writingId: writing },
    info: flatpakInfo(id, instance, network),
    documents: documents === undefined ? undefined : { read: byApp(id), write: byApp(writing) },
  };
}

const desktop = 'org.freedesktop.portal.Desktop';
const documents = 'org.freedesktop.portal.Documents';
