import type { PeerConnection } from '../dbus/connection.ts';

/** A connection to the user manager without the bus between. */
export interface DirectLink {
  /** Resolves when the first attempt is over, whatever came of it. */
  readonly settled: Promise<void>;
  /** The link where there is one; else tries to have it for the next time. */
  current(): PeerConnection | undefined;
}

/**
 * Opens the link, and opens it again at the next use after it was lost. `prepare` comes before it is used at all; `onLoss` is
 * told when calls over it will not be answered any more. Without `open` there never is one.
 */
export function openDirectLink(
  open: (() => Promise<PeerConnection>) | undefined,
  prepare: (link: PeerConnection) => Promise<void>,
  onLoss: () => void,
): DirectLink {
  let link: PeerConnection | undefined;
  let attempt: Promise<void> | undefined;
  const connect = async (opening: Promise<PeerConnection>) => {
    const opened = await opening;
    try {
      await prepare(opened);
    } catch (error) {
      await opened.close();
      throw error;
    }
    link = opened;
    void opened.lost.then(() => {
      link = undefined;
      onLoss();
    });
  };
  const tryOnce = (connecting: () => Promise<PeerConnection>) => {
    attempt ??= connect(connecting())
      .catch(() => {})
      .finally(() => {
        attempt = undefined;
      });
    return attempt;
  };
  return {
    settled: open === undefined ? Promise.resolve() : tryOnce(open),
    current() {
      if (link === undefined && open !== undefined) void tryOnce(open);
      return link;
    },
  };
}
