/** The object path of a unit under systemd's manager (org.freedesktop.systemd1(5)). */
export function unitObjectPath(unit: string): string {
  return `/org/freedesktop/systemd1/unit/${busLabel(unit)}`;
}

/** The object path of an instance: made from its unit's name alone, so that it outlives the daemon. */
export function instanceObjectPath(unit: string): string {
  return `/org/ringfence/Ringfence1/instance/${busLabel(unit.replace(/^app-ringfence-/, '').replace(/\.scope$/, ''))}`;
}

/** The unit of an instance's object, also of one that has ended: the way back. */
export function instanceUnit(path: string): string {
  const label = path.slice(path.lastIndexOf('/') + 1);
  const bytes = label === '_' ? '' : label.replace(/_(..)|(.)/g, percentEncoded);
  return `app-ringfence-${decodeURIComponent(bytes)}.scope`;
}

function percentEncoded(_all: string, byte?: string, plain = ''): string {
  return byte === undefined ? plain : `%${byte}`;
}

/**
 * systemd's bus label: bytes other than letters and digits, and a leading digit, become _xx (bus_label_escape in
 * systemd's src/basic/bus-label.c).
 */
function busLabel(text: string): string {
  if (text === '') return '_';
  return Array.from(new TextEncoder().encode(text), (byte, index) => {
    const character = String.fromCharCode(byte);
    const plain = index === 0 ? /[A-Za-z]/ : /[A-Za-z0-9]/;
    return plain.test(character) ? character : `_${byte.toString(16).padStart(2, '0')}`;
  }).join('');
}
