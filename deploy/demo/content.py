"""The whole demo as of a day: the same day and seed always give the same demo."""

from datetime import date

from .agreements import API_KEYS, agreements, contracts
from .fleet import devices
from .history import closed_tickets
from .models import MODELS
from .open_tickets import open_tickets
from .organisations import ORGANISATIONS, places
from .people import members
from .structs import Demo, Story
from .technicians import qualifications, shifts


def demo(today: date, seed: int = 1) -> Demo:
    """Everything the demo holds; dates are counted from `today`, the day in Hangzhou on which it is loaded."""
    people = members()
    fleet = devices(today, seed)
    agreed = contracts(today, fleet)
    return Demo(
        today=today,
        organisations=ORGANISATIONS,
        places=places(),
        members=people,
        qualifications=qualifications(today),
        shifts=shifts(),
        api_keys=API_KEYS,
        models=MODELS,
        devices=fleet,
        contracts=agreed,
        agreements=agreements(today),
        closed=closed_tickets(today, seed, fleet, people, agreed),
        open=open_tickets(today, fleet),
        story=Story(
            hospital="yunqi",
            device=fleet[0].key,
            nurse="yunqi-lin",
            caption="报警,停机",
            ward_manager="yunqi-shen",
            clinical_engineer="yunqi-xu",
            vendor="hengxiu",
            dispatcher="hengxiu-xie",
            manufacturer="lanmai",
            manufacturer_key="lanmai-portal",
            other_hospital="fengqi",
            other_hospital_member="fengqi-meng",
            other_vendor="yanhe",
            other_vendor_member="yanhe-cole",
        ),
    )
