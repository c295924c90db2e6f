#!/bin/sh
# Makes the icons of every size from ra-desk.svg. Run it after the drawing was changed, and commit what it makes.
# Needs rsvg-convert and ImageMagick's convert: apt-get install -y --no-install-recommends librsvg2-bin imagemagick
set -eu
cd "$(dirname "$0")"

sizes=$(mktemp -d)
trap 'rm -rf "$sizes"' EXIT

for size in 16 32 48 128 256 512; do
    rsvg-convert --width "$size" --height "$size" ra-desk.svg --output "$sizes/drawn.png"
    # PNG32: always 8-bit RGBA, which the desktop's icons must be. Without dates, so that it comes out the same again.
    convert "$sizes/drawn.png" -strip -define png:exclude-chunks=date,time "PNG32:$sizes/$size.png"
done

cp "$sizes/32.png" 32x32.png
cp "$sizes/128.png" 128x128.png
cp "$sizes/512.png" icon.png
convert "$sizes/16.png" "$sizes/32.png" "$sizes/48.png" "$sizes/256.png" icon.ico
