// What crosses between JavaScript and Go in one copy: a list of fields, each a little-endian 32-bit length and its
// bytes; the length 2^32-1 stands for a field that is missing. edge/message.go is its twin.

const MISSING = 0xffffffff;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export const text = (bytes) => decoder.decode(bytes);

// pack makes a message of strings, byte arrays and nulls (missing).
export function pack(fields) {
  let bound = 0; // a UTF-16 unit takes at most three bytes
  for (const field of fields) {
    bound += 4 + (typeof field === "string" ? field.length * 3 : (field?.byteLength ?? 0));
  }
  const bytes = new Uint8Array(bound);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const field of fields) {
    let size = 0;
    if (field === null) {
      view.setUint32(at, MISSING, true);
      at += 4;
      continue;
    } else if (typeof field === "string") {
      size = encoder.encodeInto(field, bytes.subarray(at + 4)).written;
    } else {
      size = field.byteLength;
      bytes.set(field instanceof Uint8Array ? field : new Uint8Array(field), at + 4);
    }
    view.setUint32(at, size, true);
    at += 4 + size;
  }
  return bytes.subarray(0, at);
}

// unpack returns the fields as parts of bytes, or null where one is missing.
export function unpack(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields = [];
  for (let at = 0; at < bytes.length; ) {
    const size = view.getUint32(at, true);
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
