// Nothing: the build adds this file where a unity build would otherwise fail (src/meson.build).
