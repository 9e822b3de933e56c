// What a camera's picture looks like, from a small copy of it: hints to a person, never a verdict.

const WIDE = 160;
const DARK = 55;
const BLUR = 28;
const FLAT = 16;

// Luminance of each point of the part inside the guide, as a small grey picture.
const grey = (video, canvas) => {
  const high = Math.max(1, Math.round(WIDE * video.videoHeight / video.videoWidth));
  canvas.width = WIDE;
  canvas.height = high;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(video, 0, 0, WIDE, high);
  const [left, top] = [Math.round(WIDE * 0.1), Math.round(high * 0.1)];
  const [wide, tall] = [WIDE - 2 * left, high - 2 * top];
  const { data } = pen.getImageData(left, top, wide, tall);
  const light = new Float32Array(wide * tall);
  for (let place = 0; place < light.length; place += 1) {
    const at = 4 * place;
    light[place] = 0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2];
  }
  return { light, wide, tall };
};

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

const variance = (values) => {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / values.length;
};

// Variance of the Laplacian: sharp edges make it large.
const sharpness = ({ light, wide, tall }) => {
  const edges = [];
  for (let y = 1; y < tall - 1; y += 1) {
    for (let x = 1; x < wide - 1; x += 1) {
      const at = y * wide + x;
      edges.push(4 * light[at] - light[at - 1] - light[at + 1] - light[at - wide] - light[at + wide]);
    }
  }
  return variance(edges);
};

// Returns the name of the first thing that does not fit, or "good".
export const judge = (video, canvas) => {
  if (!video.videoWidth) { return ""; }
  const seen = grey(video, canvas);
  if (mean(seen.light) < DARK) { return "dark"; }
  if (Math.sqrt(variance(seen.light)) < FLAT) { return "empty"; }
  return sharpness(seen) < BLUR ? "blurred" : "good";
};
