/** The window's application id: its desktop entry, its icon and its name on the session bus. */
export const windowId = 'org.ringfence.Ringfence';
