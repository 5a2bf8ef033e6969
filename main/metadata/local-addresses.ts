// From which local address a connection leaves, by the family of addresses that it is of.
import type { Contact } from '../base/contact.ts';
import type { MetadataOptions } from './fetcher-contract.ts';

/** Where connections of each family leave from: null is wherever the system chooses, undefined is nowhere. */
export type LocalAddresses = Readonly<Record<'v4' | 'v6', string | null | undefined>>;

/** Bound to an address of one family, a connection in the other would leave by another way than the person chose. */
export function localAddresses({ bindHost, bindHost6 }: MetadataOptions): LocalAddresses {
  const isAny = bindHost === '0.0.0.0' || bindHost === '::';
  if (isAny) return { v4: null, v6: bindHost6 ?? null };
  return bindHost.includes(':') ? { v4: undefined, v6: bindHost } : { v4: bindHost, v6: bindHost6 };
}

export function familyOf({ host }: Contact): 'v4' | 'v6' {
  return host.includes(':') ? 'v6' : 'v4';
}
