// Empty. The build adds this file to a list of sources that would otherwise break a unity build
// (src/meson.build).
