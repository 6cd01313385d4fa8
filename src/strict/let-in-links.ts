import { xdgFolders } from '../domain/xdg-folders.ts';
import type { LetIn } from './let-in.ts';
import type { Portals } from './portals.ts';
import type { LinkQuestions, SandboxSight } from './ports.ts';
import { askedSchemes, associationFiles, webSchemes } from './pure/link-schemes.ts';

/** What is known of the sandbox. */
interface Start {
  readonly lets: Pick<LetIn, 'openLinks' | 'settings'>;
  readonly request: { readonly session: ReadonlyMap<string, string> };
  readonly portals: Pick<Portals, 'hasDesktop'>;
  readonly ports: { readonly sight: Pick<SandboxSight, 'text'>; readonly links: LinkQuestions };
}

/**
 * Whether an app may have links opened outside, and which of them only after a question: whoever opens one may take it for more than a link.
 * Where the portals would not ask, none opens.
 */
export async function letInLinks(portalId: string, { lets, request: { session }, portals, ports }: Start) {
  const closed = { open: false, schemes: [] as string[], reasons: [] as string[] };
  if (!lets.openLinks || !portals.hasDesktop) return closed;
  const { config = '', data = '', configDirs, dataDirs } = xdgFolders(Object.fromEntries(session));
  const folders = { config: [config, ...configDirs], data: [data, ...dataDirs] };
  const files = associationFiles({ ...folders, desktop: session.get('XDG_CURRENT_DESKTOP') ?? '' });
  const { network } = lets.settings;
  const texts = files.map((file) => ports.sight.text(file));
  const schemes = askedSchemes(texts, { network });
  const [isDemanded] = await Promise.all([
    ports.links.demand(portalId, schemes),
    // It may have been without a network when it last ran.
    network ? ports.links.waive(portalId, webSchemes) : undefined,
  ]);
  if (isDemanded) return { ...closed, open: true, schemes };
  const reason =
    'links do not open outside: the portals’ permission store does not answer, so they would open without a question';
  return { ...closed, schemes, reasons: [reason] };
}
