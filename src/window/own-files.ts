import GLib from 'gi://GLib?version=2.0';

declare global {
  interface ImportMeta {
    /** Of the program: all of it is one bundle. */
    readonly url: string;
  }
}

/** A path from the folder that the program is in. */
export function besideProgram(path: string): string {
  const program = GLib.filename_from_uri(import.meta.url)[0];
  return GLib.canonicalize_filename(path, GLib.path_get_dirname(program));
}
