const maxLength = 255;
const pathPattern = /^\/(?:[A-Za-z0-9_]+(?:\/[A-Za-z0-9_]+)*)?$/;
const memberPattern = /^[A-Za-z_][A-Za-z0-9_]*$/;
const interfacePattern = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)+$/;
const wellKnownPattern = /^[A-Za-z_-][A-Za-z0-9_-]*(?:\.[A-Za-z_-][A-Za-z0-9_-]*)+$/;
const uniquePattern = /^:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+$/;

/** Whether `path` is an object path (D-Bus specification, "Valid Object Paths"). */
export function isObjectPath(path: string): boolean {
  return pathPattern.test(path);
}

/** Whether `name` is a member name: a method, a signal or a property (D-Bus specification, "Member names"). */
export function isMemberName(name: string): boolean {
  return name.length <= maxLength && memberPattern.test(name);
}

/** Whether `name` is an interface name; error names follow the same rule (D-Bus specification, "Interface names"). */
export function isInterfaceName(name: string): boolean {
  return name.length <= maxLength && interfacePattern.test(name);
}

/** Whether `name` is a bus name, unique (`:1.42`) or well-known (D-Bus specification, "Bus names"). */
export function isBusName(name: string): boolean {
  return name.length <= maxLength && (uniquePattern.test(name) || wellKnownPattern.test(name));
}
