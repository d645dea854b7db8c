"""The labels of the demo's devices, photographed, for whoever plays a nurse with a phone."""

import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mendline.devices import DeviceLabel, label_image, phone_photo

from .structs import Demo, Device


def device_label(demo: Demo, device: Device) -> DeviceLabel:
    """What is printed on the device."""
    model = next(each for each in demo.models if each.key == device.model)
    hospital = next(each for each in demo.organisations if each.key == device.hospital)
    unit = next(each for each in demo.places if each.key == "/".join(device.place.split("/")[:3]))
    return DeviceLabel(
        maker_zh=model.maker_name.zh,
        maker_en=model.maker_name.en,
        model_zh=model.name.zh,
        model_en=model.name.en,
        model_number=model.number,
        registration=model.registration,
        gtin=model.gtin,
        serial=device.serial,
        lot=device.lot,
        manufactured=device.manufactured,
        hospital_zh=hospital.name.zh,
        hospital_en=hospital.name.en,
        department_zh=unit.name.zh,
        department_en=unit.name.en,
        asset=device.asset,
        link=device.link,
    )


def write_labels(demo: Demo, folder: Path) -> list[Path]:
    """Write a photo `<asset>.jpg` of every device's label into `folder`; those already there are kept."""
    folder.mkdir(parents=True, exist_ok=True)

    def write(device: Device) -> Path:
        path = folder / f"{device.asset}.jpg"
        if not path.exists():
            photo = phone_photo(label_image(device_label(demo, device)), seed=zlib.crc32(device.asset.encode()))
            # A run that is cut off must not leave half a photo behind.
            unfinished = path.with_suffix(".part")
            unfinished.write_bytes(photo)
            unfinished.replace(path)
        return path

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(write, demo.devices))
