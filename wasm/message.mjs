// Encodes the messages between JavaScript and Go, each of which is copied once. A message is a list
// of fields, each a little-endian 32-bit length followed by its bytes; the length 2^32-1 marks a
// missing field. The first field is text of one or more lines, the others are arbitrary bytes.
// edge/message.go implements the same format.

const MISSING = 0xffffffff;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export const text = (bytes) => decoder.decode(bytes);

const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

// kept returns a copy of bytes: a string if they are short and valid UTF-8, since a string costs
// the runtime half as much as a buffer.
export function kept(bytes) {
  if (bytes.length > 0 && bytes.length <= 4096) {
    try {
      return strict.decode(bytes);
    } catch {
      // not valid UTF-8
    }
  }
  return bytes.slice();
}

export const lines = (bytes) => decoder.decode(bytes).split("\n");

// A field is a string, bytes (an array or a list of chunks), or null if it is missing.

// bound returns an upper bound of a message's size in bytes: a UTF-16 unit takes up to three.
export function bound(fields) {
  let size = 0;
  for (const field of fields) size += 4 + (typeof field === "string" ? field.length * 3 : sizeOf(field));
  return size;
}

function sizeOf(field) {
  if (Array.isArray(field)) return field.reduce((size, chunk) => size + chunk.length, 0);
  return field?.byteLength ?? 0;
}

// encoded returns the fields with strings as bytes, so that their bound is the exact message size.
export const encoded = (fields) => fields.map((field) => (typeof field === "string" ? encoder.encode(field) : field));

// write writes a message to bytes from offset at, and returns the offset of its end.
export function write(fields, bytes, at) {
  for (const field of fields) {
    let size = 0;
    if (field === null) {
      size = MISSING;
    } else if (typeof field === "string") {
      if (field !== "") size = encoder.encodeInto(field, bytes.subarray(at + 4)).written;
    } else {
      for (const chunk of Array.isArray(field) ? field : [field]) {
        bytes.set(chunk instanceof Uint8Array ? chunk : new Uint8Array(chunk), at + 4 + size);
        size += chunk.byteLength;
      }
    }
    bytes[at] = size;
    bytes[at + 1] = size >>> 8;
    bytes[at + 2] = size >>> 16;
    bytes[at + 3] = size >>> 24;
    at += 4 + (field === null ? 0 : size);
  }
  return at;
}

// unpack returns the fields as views of bytes, or null for a missing one.
export function unpack(bytes) {
  const fields = [];
  for (let at = 0; at < bytes.length; ) {
    const size = (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
    at += 4;
    if (size === MISSING) {
      fields.push(null);
      continue;
    }
    fields.push(bytes.subarray(at, at + size));
    at += size;
  }
  return fields;
}
