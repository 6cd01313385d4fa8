import type { Frame } from './frames.ts';
import { matchesSignal, matchRule, type SignalMatch } from './match-rule.ts';
import type { Signal } from './messages.ts';

/** The calls to the bus itself that subscriptions need. */
export interface BusDriver {
  addMatch(rule: string): Promise<void>;
  removeMatch(rule: string): Promise<void>;
  /** Calls `onOwner` while the reply is being read, before any later message; undefined where nobody owns the name. */
  getNameOwner(name: string, onOwner: (owner: string | undefined) => void): Promise<void>;
}

const busName = 'org.freedesktop.DBus';

interface Shared {
  count: number;
  ready: Promise<void>;
}
interface TrackedName extends Shared {
  owner: string | undefined;
  /** Who owned it last: still answers the calls it got, though it may have given the name up since. */
  lastOwner: string | undefined;
}
interface Subscription {
  readonly match: SignalMatch;
  readonly listener: (signal: Signal) => void;
}

/**
 * The signals a connection listens to. Each distinct match rule is added to the bus once, and removed with its last
 * subscriber. A signal counts only when it comes from the owner of the name subscribed to: any client can send a
 * signal of any interface straight to us, past all match rules, but the bus stamps its sender.
 */
export class Subscriptions {
  readonly #driver: BusDriver;
  readonly #onError: (error: unknown) => void;
  readonly #rules = new Map<string, Shared>();
  readonly #names = new Map<string, TrackedName>();
  readonly #followed = new Set<string>();
  readonly #subscriptions = new Set<Subscription>();

  constructor(driver: BusDriver, onError: (error: unknown) => void) {
    this.#driver = driver;
    this.#onError = onError;
  }

  /** Resolves once the bus delivers the signals (and the owner is known) to the way of ending the subscription. */
  async subscribe(match: SignalMatch, listener: (signal: Signal) => void): Promise<() => Promise<void>> {
    const rule = matchRule(match);
    const subscription = { match, listener };
    this.#subscriptions.add(subscription);
    const shared = this.#acquireRule(rule);
    const tracked = isWellKnown(match.sender) ? this.#acquireName(match.sender) : undefined;
    const end = async () => {
      if (!this.#subscriptions.delete(subscription)) return;
      const releases = [this.#releaseRule(rule, shared)];
      if (tracked !== undefined) releases.push(this.#releaseName(match.sender, tracked));
      await Promise.all(releases);
    };
    try {
      await Promise.all([shared.ready, tracked?.ready]);
    } catch (error) {
      await end();
      throw error;
    }
    return end;
  }

  /** Hands a received signal to its subscribers. Never throws. */
  deliver(frame: Frame): void {
    try {
      let body: unknown[] | undefined;
      const decode = () => {
        body ??= frame.decode();
        return body;
      };
      if (frame.sender === busName && frame.member === 'NameOwnerChanged') this.#followOwner(decode());
      for (const { match, listener } of this.#subscriptions) {
        if (frame.sender !== this.ownerOf(match.sender)) continue;
        if (!matchesSignal(match, frame, () => decode()[0])) continue;
        this.#call(listener, frame, decode());
      }
    } catch (error) {
      this.#onError(error);
    }
  }

  /**
   * Knows a name's owner from now on, so that it can be judged who answers for it: dbus-daemon's session policy
   * lets any client send a reply to any call. What the bus answers to this precedes the answer to a call sent after.
   */
  follow(name: string): void {
    if (!isWellKnown(name) || this.#followed.has(name)) return;
    this.#followed.add(name);
    this.#acquireName(name).ready.catch(() => this.#followed.delete(name));
  }

  /** The unique name behind a bus name: itself, or its owner where that is known. */
  ownerOf(sender: string): string | undefined {
    return isWellKnown(sender) ? this.#names.get(sender)?.owner : sender;
  }

  /** The last unique name that was seen to own a bus name. */
  lastOwnerOf(name: string): string | undefined {
    return isWellKnown(name) ? this.#names.get(name)?.lastOwner : name;
  }

  #call(listener: (signal: Signal) => void, frame: Frame, body: unknown[]): void {
    const { sender, signature, path = '', interface: name = '', member = '' } = frame;
    try {
      listener({ sender, path, interface: name, member, signature, body });
    } catch (error) {
      this.#onError(error);
    }
  }

  #followOwner([name, , owner]: unknown[]): void {
    const tracked = this.#names.get(String(name));
    if (tracked === undefined) return;
    tracked.owner = owner === '' ? undefined : String(owner);
    tracked.lastOwner = tracked.owner ?? tracked.lastOwner;
  }

  #acquireName(name: string): TrackedName {
    const known = this.#names.get(name);
    if (known !== undefined) {
      known.count += 1;
      return known;
    }
    const rule = this.#acquireRule(ownerRule(name));
    const found = this.#driver.getNameOwner(name, (owner) => {
      tracked.owner = owner;
      tracked.lastOwner = owner;
    });
    const tracked: TrackedName = {
      count: 1,
      owner: undefined,
      lastOwner: undefined,
      ready: Promise.all([rule.ready, found]).then(() => {}),
    };
    this.#names.set(name, tracked);
    return tracked;
  }

  #releaseName(name: string, tracked: TrackedName): Promise<void> {
    tracked.count -= 1;
    if (tracked.count > 0 || this.#names.get(name) !== tracked) return Promise.resolve();
    this.#names.delete(name);
    const rule = this.#rules.get(ownerRule(name));
    return rule === undefined ? Promise.resolve() : this.#releaseRule(ownerRule(name), rule);
  }

  #acquireRule(rule: string): Shared {
    const known = this.#rules.get(rule);
    if (known !== undefined) {
      known.count += 1;
      return known;
    }
    const shared = { count: 1, ready: this.#driver.addMatch(rule) };
    this.#rules.set(rule, shared);
    return shared;
  }

  /** RemoveMatch fails only where the rule is gone already: it was never added, or the bus is. */
  async #releaseRule(rule: string, shared: Shared): Promise<void> {
    shared.count -= 1;
    if (shared.count > 0 || this.#rules.get(rule) !== shared) return;
    this.#rules.delete(rule);
    await this.#driver.removeMatch(rule).catch(() => {});
  }
}

function isWellKnown(name: string): boolean {
  return !name.startsWith(':') && name !== busName;
}

function ownerRule(name: string): string {
  return matchRule({
    sender: busName,
    path: '/org/freedesktop/DBus',
    interface: busName,
    member: 'NameOwnerChanged',
    arg0: name,
  });
}
