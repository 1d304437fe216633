// Which addresses a webhook may be sent to: those of the public internet, as IANA's special-purpose registries (RFC 6890 and its successors) leave them.
// Invariant: an address is judged in its own form after it was resolved, and what carries an IPv4 address inside is never sent to.
// Called by guardedPost.ts.

import { BlockList, isIP, isIPv6 } from 'node:net';

const FORBIDDEN_V4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Link-local, and with it the metadata service of most clouds.
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  // Azure's host service, reachable from within alone though its address is public.
  ['168.63.129.16', 32],
] as const;

/** Within 2000::/3, which is all that is global unicast: everything else is forbidden as a whole. */
const FORBIDDEN_V6 = [
  // Teredo, ORCHID and other protocol assignments; documentation; 6to4, which carries an IPv4 address.
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

const forbidden = new BlockList();
for (const [net, prefix] of FORBIDDEN_V4) forbidden.addSubnet(net, prefix, 'ipv4');
for (const [net, prefix] of FORBIDDEN_V6) forbidden.addSubnet(net, prefix, 'ipv6');
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** `address` as a resolver gives it: no port, no brackets. What is no address is not public. */
export function isPublicAddress(address: string): boolean {
  if (isIPv6(address))
    return globalUnicast.check(bare(address), 'ipv6') && !forbidden.check(bare(address), 'ipv6');
  return isIP(address) === 4 && !forbidden.check(address, 'ipv4');
}

export function isLoopbackAddress(address: string): boolean {
  return isIP(address) !== 0 && loopback.check(bare(address), isIPv6(address) ? 'ipv6' : 'ipv4');
}

/** Without a zone: `fe80::1%eth0`. */
function bare(address: string): string {
  return address.replace(/%.*$/, '');
}
