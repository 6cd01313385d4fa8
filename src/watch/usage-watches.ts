import type { Instance } from '../domain/instance.ts';

/** What watches are carried by. A caller is a unique name on the bus. */
export interface WatchPorts {
  /** Sends the use of an instance to one caller. */
  send(caller: string, path: string, usage: ReadonlyMap<string, string>): void;
  /** Whether it answers, after it has read all that was sent before; false when it is gone or does not answer. */
  answers(caller: string): Promise<boolean>;
  /** Calls back when it has left the bus; resolves to the way of ending that. */
  onLeft(caller: string, listener: () => void): Promise<() => void>;
}

/** Who is told of an instance's use, and how often. */
export interface UsageWatches {
  /**
   * Tells the caller now and every `rateMs` milliseconds as long as something changes; 0 ends it.
   * @returns false where there are too many watches already
   */
  watch(caller: string, instance: Instance, rateMs: number): Promise<boolean>;
  /** The instance is there no more. */
  forget(path: string): void;
}

interface Watch {
  readonly caller: Caller;
  readonly instance: Instance;
  readonly rate: number;
  /** What was told last. */
  told: string;
}

/** All watches of one rate share a timer: who does not watch costs nothing. */
interface Beat {
  readonly timer: NodeJS.Timeout;
  readonly watches: Set<Watch>;
}

interface Caller {
  readonly name: string;
  /** By object path of the instance. */
  readonly watches: Map<string, Watch>;
  /** Signals sent since it was last known to have read all, and since it was last asked. */
  unread: number;
  sinceAsked: number;
  isAsked: boolean;
  readonly followed: Promise<() => void>;
}

/**
 * Watches of usage. A caller that does not read costs the bus at most `mostUnread` messages: from time to time it has to answer, and
 * until it does nothing more is sent.
 */
export function openUsageWatches(ports: WatchPorts): UsageWatches {
  return new Watches(ports);
}

class Watches implements UsageWatches {
  readonly #ports: WatchPorts;
  readonly #callers = new Map<string, Caller>();
  readonly #beats = new Map<number, Beat>();
  #count = 0;

  constructor(ports: WatchPorts) {
    this.#ports = ports;
  }

  async watch(name: string, instance: Instance, rate: number): Promise<boolean> {
    const known = this.#callers.get(name);
    const isNew = known?.watches.has(instance.path) !== true;
    if (rate > 0 && isNew && (this.#count >= mostOfAll || (known?.watches.size ?? 0) >= mostOfOne)) return false;
    if (known !== undefined) this.#end(known, instance.path);
    if (rate === 0) return true;
    const caller = this.#caller(name);
    const watch: Watch = { caller, instance, rate, told: '' };
    this.#begin(watch);
    try {
      await caller.followed;
    } catch (error) {
      this.#endAll(caller);
      throw error;
    }
    if (caller.watches.get(instance.path) !== watch) return true;
    // It may have left before anybody was told of that.
    if (caller.unread === 0 && !caller.isAsked) void this.#ask(caller);
    this.#tellAll([watch]);
    return true;
  }

  forget(path: string): void {
    for (const caller of [...this.#callers.values()]) this.#end(caller, path);
  }

  #caller(name: string): Caller {
    const known = this.#callers.get(name);
    if (known !== undefined) return known;
    const followed = this.#ports.onLeft(name, () => this.#endAll(caller));
    const caller: Caller = { name, watches: new Map(), unread: 0, sinceAsked: 0, isAsked: false, followed };
    this.#callers.set(name, caller);
    return caller;
  }

  #begin(watch: Watch): void {
    const { caller, instance, rate } = watch;
    let beat = this.#beats.get(rate);
    if (beat === undefined) {
      const watches = new Set<Watch>();
      beat = { watches, timer: setInterval(() => this.#tellAll(watches), rate).unref() };
      this.#beats.set(rate, beat);
    }
    beat.watches.add(watch);
    caller.watches.set(instance.path, watch);
    this.#count += 1;
  }

  #end(caller: Caller, path: string): void {
    const watch = caller.watches.get(path);
    if (watch === undefined) return;
    caller.watches.delete(path);
    this.#count -= 1;
    const beat = this.#beats.get(watch.rate);
    beat?.watches.delete(watch);
    if (beat?.watches.size === 0) {
      clearInterval(beat.timer);
      this.#beats.delete(watch.rate);
    }
    if (caller.watches.size > 0) return;
    this.#callers.delete(caller.name);
    caller.followed.then(
      (unfollow) => unfollow(),
      () => {},
    );
  }

  #endAll(caller: Caller): void {
    for (const path of [...caller.watches.keys()]) this.#end(caller, path);
  }

  /** Reads each instance once, for all who watch it. */
  #tellAll(watches: Iterable<Watch>): void {
    const read = new Map<Instance, { usage: ReadonlyMap<string, string>; text: string }>();
    for (const watch of [...watches]) {
      const { instance } = watch;
      try {
        let now = read.get(instance);
        if (now === undefined) {
          const usage = instance.usage();
          now = { usage, text: JSON.stringify([...usage]) };
          read.set(instance, now);
        }
        this.#tell(watch, now.usage, now.text);
      } catch {
        // Too few descriptors, for now: what it uses is told the next time.
      }
    }
  }

  #tell(watch: Watch, usage: ReadonlyMap<string, string>, text: string): void {
    const { caller, instance } = watch;
    if (watch.told === text || caller.unread >= mostUnread) return;
    watch.told = text;
    this.#ports.send(caller.name, instance.path, usage);
    caller.unread += 1;
    caller.sinceAsked += 1;
    if (!caller.isAsked && caller.unread >= mostUnread / 2) void this.#ask(caller);
  }

  async #ask(caller: Caller): Promise<void> {
    caller.isAsked = true;
    caller.sinceAsked = 0;
    const isThere = await this.#ports.answers(caller.name).catch(() => false);
    caller.isAsked = false;
    caller.unread = caller.sinceAsked;
    if (!isThere) this.#endAll(caller);
  }
}

/** Some 300 KB of messages. */
const mostUnread = 512;
const mostOfOne = 1024;
const mostOfAll = 4096;
