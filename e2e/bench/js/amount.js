// Amounts are BigInts of stroops, 1e-7 of a unit.

const MAX = 2n ** 63n - 1n;

// parseAmount parses a decimal with at most 7 decimal places. It returns undefined if the text is
// invalid or the ledger cannot hold the amount.
export function parseAmount(text) {
  const match = /^(\d{1,12})(?:\.(\d{1,7}))?$/.exec(text);
  if (match === null) return undefined;
  const stroops = BigInt(match[1] + (match[2] ?? "").padEnd(7, "0"));
  return stroops <= MAX ? stroops : undefined;
}

// formatAmount returns the shortest exact decimal.
export function formatAmount(stroops) {
  const digits = stroops.toString().padStart(8, "0");
  const whole = digits.slice(0, -7);
  const fraction = digits.slice(-7).replace(/0+$/, "");
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

export const plus = (a, b) => (a + b > MAX ? MAX : a + b);

// exact wraps an amount so that JSON.stringify writes it exactly.
export const exact = (stroops) => JSON.rawJSON(formatAmount(stroops));
