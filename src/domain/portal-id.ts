import { nameNumber } from './home-folder.ts';

/**
 * The id by which portals know what runs in a home: never that of another app, or the permissions, documents and secrets of a
 * flatpak of that id would be this one's. One home has one id, and no two homes the same. Portals take letters, digits and `_`,
 * and `-` in the last element, 255 bytes in all (xdp_is_valid_app_id).
 */
export function portalId(homeFolderName: string): string {
  return `${portalIdPrefix}${elementOf(homeFolderName)}`;
}

/**
 * The id by which the document portal is told what that may write: another one, as portals give the first all that a dialog is for. Nothing
 * calls itself so.
 */
export function writingId(homeFolderName: string): string {
  return `${writingIdPrefix}${elementOf(homeFolderName)}`;
}

function elementOf(homeFolderName: string): string {
  const name = [...new TextEncoder().encode(homeFolderName)]
    .map((byte, index) => {
      const character = String.fromCharCode(byte);
      const isPlain = index === 0 ? /[A-Za-z]/.test(character) : /[A-Za-z0-9-]/.test(character);
      return isPlain ? character : `_${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');
  // No escape begins with two of them.
  return name.length <= longest ? name : `${name.slice(0, 180)}__${nameNumber(homeFolderName)}`;
}

const portalIdPrefix = 'org.ringfence.app.';
const writingIdPrefix = 'org.ringfence.doc.';
const longest = 255 - portalIdPrefix.length;
