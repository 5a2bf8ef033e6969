// The arithmetic of peer encryption ("Message Stream Encryption", Azureus wiki): a Diffie-Hellman exchange over 768 bits,
// and what is derived of its secret and the infohash. It keeps nothing secret from whoever knows the infohash.
import { createDiffieHellman, hash, type DiffieHellman } from 'node:crypto';
import type { Random } from '../../base/random.ts';
import { Rc4 } from '../../wire/rc4.ts';

export const PUBLIC_KEY_BYTES = 96;
/** The specification's least; more costs time and hides nothing more. */
const PRIVATE_KEY_BYTES = 20;
/** The first bytes of an RC4 stream tell of its key. */
const SKIPPED_BYTES = 1024;
const PRIME =
  'ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd' +
  'ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a36210000000000090563';

let group: DiffieHellman | null = null;

/** Makes the group once, which takes 40 ms because the prime is checked: before anybody waits for a packet. */
export function prepareKeyExchange(): DiffieHellman {
  group ??= createDiffieHellman(PRIME, 'hex', 2);
  return group;
}

export interface KeyPair {
  readonly privateKey: Uint8Array;
  /** PUBLIC_KEY_BYTES. */
  readonly publicKey: Uint8Array;
}

/** 0.25 ms. */
export function createKeyPair(random: Random): KeyPair {
  const privateKey = random.bytes(PRIVATE_KEY_BYTES);
  const exchange = prepareKeyExchange();
  exchange.setPrivateKey(privateKey);
  return { privateKey, publicKey: padded(exchange.generateKeys()) };
}

/** The shared secret, or null when what the peer sent is no public key (0, 1, p - 1 and above). 0.2 ms. */
export function sharedSecret(privateKey: Uint8Array, theirPublicKey: Uint8Array): Uint8Array | null {
  const exchange = prepareKeyExchange();
  exchange.setPrivateKey(privateKey);
  try {
    return padded(exchange.computeSecret(theirPublicKey));
  } catch {
    return null; // OpenSSL throws on keys that would give the secret away
  }
}

/** SHA-1 over a short word and what follows it. */
export function labelledHash(label: 'req1' | 'req2' | 'req3' | 'keyA' | 'keyB', ...parts: Uint8Array[]): Uint8Array {
  return hash('sha1', Buffer.concat([Buffer.from(label), ...parts]), 'buffer');
}

/** The cipher of one direction: `keyA` is whoever dialled. */
export function createCipher(label: 'keyA' | 'keyB', secret: Uint8Array, infohash: Uint8Array): Rc4 {
  return new Rc4(labelledHash(label, secret, infohash), SKIPPED_BYTES);
}

/** Numbers are written with leading zeros. */
function padded(number: Uint8Array): Uint8Array {
  if (number.length === PUBLIC_KEY_BYTES) return number;
  const bytes = new Uint8Array(PUBLIC_KEY_BYTES);
  bytes.set(number, PUBLIC_KEY_BYTES - number.length);
  return bytes;
}
