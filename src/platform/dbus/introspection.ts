import type { InterfaceSpec } from './interface-spec.ts';
import { parseSignature } from './signature.ts';

const doctype =
  '<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"\n' +
  ' "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">\n';

/** The introspection XML of an object: its interfaces with argument names and annotations, and its child nodes. */
export function introspectionXml(interfaces: readonly InterfaceSpec[], children: readonly string[]): string {
  const nodes = children.map((name) => `  <node name="${escapeXml(name)}"/>\n`);
  return `${doctype}<node>\n${interfaces.map(interfaceXml).join('')}${nodes.join('')}</node>\n`;
}

function interfaceXml(spec: InterfaceSpec): string {
  const methods = Object.entries(spec.methods).map(([name, method]) => {
    const args = [...argsXml(method.in, method.inNames, 'in'), ...argsXml(method.out, method.outNames, 'out')];
    return element('method', name, args);
  });
  const signals = Object.entries(spec.signals).map(([name, signal]) =>
    element('signal', name, argsXml(signal.signature, signal.names, undefined)),
  );
  const properties = Object.entries(spec.properties).map(([name, property]) => {
    const attributes = `name="${escapeXml(name)}" type="${escapeXml(property.signature)}" access="${property.access}"`;
    if (property.emits === 'true') return `    <property ${attributes}/>\n`;
    const annotation = `org.freedesktop.DBus.Property.EmitsChangedSignal" value="${property.emits}`;
    return `    <property ${attributes}>\n      <annotation name="${annotation}"/>\n    </property>\n`;
  });
  const members = [...methods, ...signals, ...properties].join('');
  return `  <interface name="${escapeXml(spec.name)}">\n${members}  </interface>\n`;
}

function element(tag: string, name: string, args: readonly string[]): string {
  const open = `    <${tag} name="${escapeXml(name)}"`;
  return args.length === 0 ? `${open}/>\n` : `${open}>\n${args.join('')}    </${tag}>\n`;
}

function argsXml(signature: string, names: readonly string[], direction: string | undefined): string[] {
  return parseSignature(signature).map((type, index) => {
    const name = names[index] === undefined ? '' : ` name="${escapeXml(names[index])}"`;
    const way = direction === undefined ? '' : ` direction="${direction}"`;
    return `      <arg${name} type="${escapeXml(type.signature)}"${way}/>\n`;
  });
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
