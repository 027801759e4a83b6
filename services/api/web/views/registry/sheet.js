// A CSV file as a sheet: rows of cells, as the service reads them. Pure.

const MARKS = [[0xef, 0xbb, 0xbf], [0xff, 0xfe], [0xfe, 0xff]];
const DELIMITERS = [",", ";", "\t", "|"];

// The text of a file. Without a mark at its beginning it is UTF-8 where it can be, else GB18030.
export function decoded(bytes, encoding = "") {
  const marked = MARKS.findIndex((mark) => mark.every((byte, index) => bytes[index] === byte));
  if (encoding) return new TextDecoder(encoding === "utf-16" ? "utf-16le" : encoding).decode(bytes);
  if (marked > 0) return new TextDecoder(marked === 1 ? "utf-16le" : "utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}

// [{line, cells}], the header at line 1; a cell in quotes may hold line ends.
export function rowsOf(text) {
  const delimiter = delimiterOf(text);
  const rows = [];
  let cells = [];
  let cell = "";
  let quoted = false;
  let line = 1;
  let began = 1;
  const end = () => {
    cells.push(cell);
    cell = "";
  };
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (quoted) {
      if (sign === '"' && text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else if (sign === '"') quoted = false;
      else {
        if (sign === "\n") line += 1;
        cell += sign;
      }
    } else if (sign === '"' && cell === "") quoted = true;
    else if (sign === delimiter) end();
    else if (sign === "\n") {
      end();
      rows.push({ line: began, cells });
      cells = [];
      line += 1;
      began = line;
    } else if (sign !== "\r") cell += sign;
  }
  if (cell !== "" || cells.length > 0) {
    end();
    rows.push({ line: began, cells });
  }
  return rows;
}

function delimiterOf(text) {
  const header = text.slice(0, text.indexOf("\n") < 0 ? text.length : text.indexOf("\n"));
  return DELIMITERS.reduce((best, each) => (header.split(each).length > header.split(best).length ? each : best));
}

// The name of a column as sheets have it: A, B, … Z, AA.
export function columnName(index) {
  let name = "";
  for (let left = index + 1; left > 0; left = Math.floor((left - 1) / 26)) name = String.fromCharCode(65 + ((left - 1) % 26)) + name;
  return name;
}
