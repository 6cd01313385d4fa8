/** The window's application id: its desktop entry, its icon and its name on the session bus. */
export const windowId = 'org.ringfence.Ringfence';

/** Whether a desktop id is the window's, which no fence is for: in a strict one it could not reach the daemon. */
export function isWindow(id: string): boolean {
  return id === `${windowId}.desktop`;
}
