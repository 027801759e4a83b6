// What draws an address as a QR code: how its squares lie, and their outline as a path of SVG.
export { generate } from "lean-qr";
export { toSvgPath } from "lean-qr/extras/svg";
