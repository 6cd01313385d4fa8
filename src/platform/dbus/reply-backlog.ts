/** The bytes of replies to one client that may wait for the bus to take them; what is asked beyond that is refused. */
const maxBytesPerClient = 8 * 1024 * 1024;
/** The same for all clients together. */
const maxBytesOfAll = 32 * 1024 * 1024;

/** Replies on their way to the bus, by client: one that asks faster than the bus takes the answers must not fill our memory. */
export class ReplyBacklog {
  readonly #bytes = new Map<string, number>();
  #ofAll = 0;

  /** Whether no more replies to this client are to be made for now. */
  isFull(client: string): boolean {
    return (this.#bytes.get(client) ?? 0) >= maxBytesPerClient || this.#ofAll >= maxBytesOfAll;
  }

  /** Takes a reply in; the result is to be called when it is gone. */
  add(client: string, bytes: number): () => void {
    this.#count(client, bytes);
    return () => this.#count(client, -bytes);
  }

  #count(client: string, bytes: number): void {
    this.#ofAll += bytes;
    const left = (this.#bytes.get(client) ?? 0) + bytes;
    if (left === 0) this.#bytes.delete(client);
    else this.#bytes.set(client, left);
  }
}
