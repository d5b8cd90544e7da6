// What crosses between JavaScript and Go in one copy: a list of fields, each a little-endian 32-bit length and its
// bytes; the length 2^32-1 stands for a field that is missing. The first field is text of one or more lines, the others are
// any bytes. edge/message.go is its twin.

const MISSING = 0xffffffff;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export const text = (bytes) => decoder.decode(bytes);

const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

// kept is a copy of bytes: a string if they are a short text in UTF-8, which costs the runtime half of what a buffer does.
export function kept(bytes) {
  if (bytes.length > 0 && bytes.length <= 4096) {
    try {
      return strict.decode(bytes);
    } catch {
      // it is no text
    }
  }
  return bytes.slice();
}

export const lines = (bytes) => decoder.decode(bytes).split("\n");

// pack makes a message of strings, byte arrays and nulls (missing).
export function pack(fields) {
  const bytes = new Uint8Array(bound(fields));
  return bytes.subarray(0, write(fields, bytes, 0));
}

// bound is how many bytes a message has at most: a UTF-16 unit takes up to three.
export function bound(fields) {
  let size = 0;
  for (const field of fields) size += 4 + (typeof field === "string" ? field.length * 3 : (field?.byteLength ?? 0));
  return size;
}

// write puts a message into bytes, and returns where it ends.
export function write(fields, bytes, at) {
  for (const field of fields) {
    let size = 0;
    if (field === null) {
      size = MISSING;
    } else if (typeof field === "string") {
      if (field !== "") size = encoder.encodeInto(field, bytes.subarray(at + 4)).written;
    } else {
      size = field.byteLength;
      bytes.set(field instanceof Uint8Array ? field : new Uint8Array(field), at + 4);
    }
    bytes[at] = size;
    bytes[at + 1] = size >>> 8;
    bytes[at + 2] = size >>> 16;
    bytes[at + 3] = size >>> 24;
    at += 4 + (field === null ? 0 : size);
  }
  return at;
}

// unpack returns the fields as parts of bytes, or null where one is missing.
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
