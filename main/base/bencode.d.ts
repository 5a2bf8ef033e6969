// The part of npm `bencode` that we use. It has no types of its own.
declare module 'bencode' {
  export type Bencodable =
    | number
    | string
    | Uint8Array
    | readonly Bencodable[]
    | Map<string, Bencodable>
    | { readonly [key: string]: Bencodable };
  const bencode: {
    /** Keys are sorted by UTF-16 code unit, which is the order of their bytes as long as none is beyond U+D7FF. */
    encode(value: Bencodable): Uint8Array;
    /** Strings come out as bytes, dictionaries as plain objects. Throws on anything malformed: not for remote bytes. */
    decode(bytes: Uint8Array): unknown;
  };
  export default bencode;
}
