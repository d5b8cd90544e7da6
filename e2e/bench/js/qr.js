// QR codes at the lowest correction level, in byte mode, with mask 0, as an SVG path.

// Field arithmetic modulo x^8 + x^4 + x^3 + x^2 + 1.
const EXP = new Uint8Array(510);
const LOG = new Uint8Array(256);
for (let i = 0, x = 1; i < 255; i++) {
  EXP[i] = EXP[i + 255] = x;
  LOG[x] = i;
  x <<= 1;
  if (x > 255) x ^= 0x11d;
}

// For versions 1 to 40 at level L: total bytes, blocks, and check bytes per block (ISO/IEC 18004,
// table 9).
const TOTAL = [26, 44, 70, 100, 134, 172, 196, 242, 292, 346, 404, 466, 532, 581, 655, 733, 815, 901, 991, 1085, 1156, 1258, 1364, 1474, 1588, 1706, 1828, 1921, 2051, 2185, 2323, 2465, 2611, 2761, 2876, 3034, 3196, 3362, 3532, 3706];
const BLOCKS = [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25];
const CHECKS = [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30];

const QUIET = 4;
const encoder = new TextEncoder();

// draw returns { size, path }, or null if the text is too long for a QR code.
export function draw(text) {
  const bytes = encoder.encode(text);
  for (let version = 1; version <= 40; version++) {
    const capacity = TOTAL[version - 1] - BLOCKS[version - 1] * CHECKS[version - 1];
    const lengthBits = version < 10 ? 8 : 16;
    if (4 + lengthBits + 8 * bytes.length > capacity * 8) continue;
    const plan = planOf(version);
    const words = interleave(version, pad(bytes, lengthBits, capacity));
    return { size: plan.size + 2 * QUIET, path: trace(plan, words) };
  }
  return null;
}

function pad(bytes, lengthBits, capacity) {
  const data = new Uint8Array(capacity);
  let bit = 0;
  const put = (value, bits) => {
    for (let i = bits - 1; i >= 0; i--, bit++) if ((value >> i) & 1) data[bit >> 3] |= 0x80 >> (bit & 7);
  };
  put(4, 4);
  put(bytes.length, lengthBits);
  for (const byte of bytes) put(byte, 8);
  const used = Math.min(Math.ceil((bit + 4) / 8), capacity);
  for (let i = used; i < capacity; i++) data[i] = (i - used) % 2 === 0 ? 0xec : 0x11;
  return data;
}

// generators maps degrees to the logarithms of the generator polynomial's coefficients.
const generators = new Map();

function generatorOf(degree) {
  if (generators.has(degree)) return generators.get(degree);
  let poly = [1];
  for (let i = 0; i < degree; i++) {
    const next = [...poly, 0];
    for (let j = 0; j < poly.length; j++) if (poly[j]) next[j + 1] ^= EXP[LOG[poly[j]] + i];
    poly = next;
  }
  const logs = poly.slice(1).map((c) => LOG[c]); // no coefficient is zero
  generators.set(degree, logs);
  return logs;
}

function checkBytes(data, degree) {
  const generator = generatorOf(degree);
  const rest = new Uint8Array(data.length + degree);
  rest.set(data);
  for (let i = 0; i < data.length; i++) {
    if (rest[i] === 0) continue;
    const log = LOG[rest[i]];
    for (let j = 0; j < degree; j++) rest[i + 1 + j] ^= EXP[log + generator[j]];
  }
  return rest.subarray(data.length);
}

// interleave splits data into blocks and takes the first byte of each, then the second of each, and
// so on; then it does the same with the check bytes.
function interleave(version, data) {
  const blocks = BLOCKS[version - 1];
  const degree = CHECKS[version - 1];
  const short = Math.floor(data.length / blocks);
  const long = data.length % blocks; // the last blocks have one byte more
  const parts = [];
  const checks = [];
  for (let i = 0, at = 0; i < blocks; i++) {
    const size = short + (i >= blocks - long ? 1 : 0);
    parts.push(data.subarray(at, at + size));
    checks.push(checkBytes(parts[i], degree));
    at += size;
  }
  const out = [];
  for (let i = 0; i <= short; i++) for (const part of parts) if (i < part.length) out.push(part[i]);
  for (let i = 0; i < degree; i++) for (const check of checks) out.push(check[i]);
  return Uint8Array.from(out);
}

// plans maps versions to what all their codes share: the fixed modules and the places of the data.
const plans = new Map();

const FREE = 2;

function planOf(version) {
  if (plans.has(version)) return plans.get(version);
  const size = 17 + 4 * version;
  const modules = new Uint8Array(size * size).fill(FREE);
  const set = (x, y, black) => {
    if (x >= 0 && y >= 0 && x < size && y < size) modules[y * size + x] = black ? 1 : 0;
  };
  for (let i = 0; i < size; i++) {
    set(i, 6, i % 2 === 0);
    set(6, i, i % 2 === 0);
  }
  const square = (cx, cy, radius, white) => {
    for (let dy = -radius; dy <= radius; dy++) {
      for (let dx = -radius; dx <= radius; dx++) set(cx + dx, cy + dy, !white.includes(Math.max(Math.abs(dx), Math.abs(dy))));
    }
  };
  for (const [cx, cy] of [[3, 3], [size - 4, 3], [3, size - 4]]) square(cx, cy, 4, [2, 4]);
  const centres = alignments(version, size);
  for (const cy of centres) {
    for (const cx of centres) {
      const corner = (cx === 6 && cy === 6) || (cx === 6 && cy === size - 7) || (cx === size - 7 && cy === 6);
      if (!corner) square(cx, cy, 2, [1]);
    }
  }
  if (version >= 7) {
    let rest = version;
    for (let i = 0; i < 12; i++) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
    const bits = (version << 12) | rest;
    for (let i = 0; i < 18; i++) {
      const [a, b] = [size - 11 + (i % 3), Math.floor(i / 3)];
      set(a, b, (bits >> i) & 1);
      set(b, a, (bits >> i) & 1);
    }
  }
  const format = 0b111011111000100; // level L, mask 0, with its check bits
  for (let i = 0; i < 15; i++) {
    const black = (format >> i) & 1;
    if (i < 6) set(8, i, black);
    else if (i < 8) set(8, i + 1, black);
    else if (i < 9) set(7, 8, black);
    else set(14 - i, 8, black);
    if (i < 8) set(size - 1 - i, 8, black);
    else set(8, size - 15 + i, black);
  }
  set(8, size - 8, true);

  // Pairs of columns from the right, up and down in turn, without the timing column.
  const places = [];
  for (let right = size - 1, up = true; right > 0; right -= 2, up = !up) {
    if (right === 6) right--;
    for (let i = 0; i < size; i++) {
      const y = up ? size - 1 - i : i;
      for (const x of [right, right - 1]) if (modules[y * size + x] === FREE) places.push(y * size + x);
    }
  }
  const plan = { size, modules, places: Uint32Array.from(places) };
  plans.set(version, plan);
  return plan;
}

function alignments(version, size) {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const last = size - 7;
  const step = version === 32 ? 26 : Math.ceil((last - 6) / (2 * (count - 1))) * 2;
  const centres = [6];
  for (let i = count - 2; i >= 0; i--) centres.push(last - i * step);
  return centres;
}

function trace({ size, modules, places }, words) {
  const black = modules.slice();
  for (let i = 0; i < places.length; i++) {
    const place = places[i];
    const bit = i >> 3 < words.length ? (words[i >> 3] >> (7 - (i & 7))) & 1 : 0;
    const mask = ((place % size) + Math.floor(place / size)) % 2 === 0 ? 1 : 0;
    black[place] = bit ^ mask;
  }
  let path = "";
  for (let y = 0; y < size; y++) {
    let end = -1;
    for (let x = 0; x < size; ) {
      if (black[y * size + x] === 0) {
        x++;
        continue;
      }
      const start = x;
      while (x < size && black[y * size + x] === 1) x++;
      path += end < 0 ? `M${start + QUIET} ${y + QUIET}.5h${x - start}` : `m${start - end} 0h${x - start}`;
      end = x;
    }
  }
  return path;
}
