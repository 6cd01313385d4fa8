import { type MethodSpec, method } from '../../platform/dbus/interface-spec.ts';

/** What the method about shared folders needs of the daemon. */
export interface ShareBackend {
  /** What became of each folder, in each sandbox of the app that runs. */
  updateShares(app: string): Promise<Map<string, string>[]>;
}

/** The method of org.ringfence.Ringfence1 about shared folders: translation only. */
export function shareMethods(backend: ShareBackend): Readonly<Record<string, MethodSpec>> {
  return {
    UpdateShares: method('s', ['app_id'], 'aa{ss}', ['changes'], async ([app]) => [await backend.updateShares(app)]),
  };
}
