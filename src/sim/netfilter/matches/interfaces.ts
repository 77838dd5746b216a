/** A test for a device's name, with or without its `+` or `*` (ip_tables.c, ip_packet_match; nft_meta.c). */
export function nameMatches(name: string, wildcard: boolean): (dev: string) => boolean {
  if (!wildcard) return (dev) => dev === name;
  const start = wildcardStart(name);
  return (dev) => dev.startsWith(start);
}

/** How a name that ends with `+` or `*` begins. */
export const wildcardStart = (name: string): string => name.replace(/[+*]$/, '');
